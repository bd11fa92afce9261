"""All lessons: every module of `course` has one, in the order of their names."""

from importlib import import_module
from pkgutil import iter_modules

from initviz.catalogue import Catalogue
from initviz.lessons import course
from initviz.lessons.lesson import Lesson


def _lessons() -> list[Lesson]:
    names = sorted(module.name for module in iter_modules(course.__path__))
    return [import_module(f"{course.__name__}.{name}").LESSON for name in names]


LESSONS = Catalogue("lesson", _lessons())
