"""Practice: what should I use?"""

from initviz.catalogue import Catalogue, Named
from initviz.fields import Choice
from initviz.frameworks import FRAMEWORKS
from initviz.ui import parts, practice_parts
from initviz.ui.page import open_page, theme
from initviz.ui.state import Option

VIEWS = Catalogue(
    "view",
    [Named("helper", "For this network"), Named("advice", "Advice and evidence"), Named("recipes", "Newest recipes")],
)
OPTIONS = {
    "show": Option(Choice("Show", "What the page shows.", VIEWS), "helper"),
    "code": Option(Choice("Code in", "The framework that the code is for.", FRAMEWORKS), "torch"),
}

current = open_page("practice", OPTIONS)
parts.options_row(OPTIONS, "show")
with parts.refusals_told(current.experiment):
    match current.options["show"]:
        case "advice":
            practice_parts.advice()
        case "recipes":
            practice_parts.recipes(current)
        case _:
            practice_parts.helper(current, OPTIONS, theme())
