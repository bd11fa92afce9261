"""Lessons: what do you expect, and what happens?"""

from initviz.ui import lesson_parts, lesson_state
from initviz.ui.page import open_page, theme

lesson_state.arrive()
current = open_page("lessons", lesson_state.OPTIONS)
lesson, step, number = lesson_state.where(current)
lesson_parts.top(lesson, number)
done = lesson_parts.body(current, step, theme())
lesson_parts.way_on(lesson, number, done)
