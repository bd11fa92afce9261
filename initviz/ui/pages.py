"""Every page there is: where, what it is called, and the one question it answers."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Page:
    """One page: where it is, what it is called, and the one question it answers."""

    id: str
    path: str
    title: str
    icon: str
    question: str
    group: str
    """Heading in the menu; the first groups lie open there, of the others only the one in use."""
    experiment: bool = True
    """Whether the page is about the experiment; one to look things up has no controls and leaves the link alone."""
    tells: bool = True
    """Whether the top of the page says what is to be seen in the experiment: not where that is something else, and a
    lesson asks first."""
    inputs: bool = True
    """Whether the experiment's own inputs enter the network, and not the examples of a task."""
    compares: str = ""
    """What on the page shows a pinned experiment too; empty where nothing does."""


_DEPTH = "Charts show A, orange, and B, the one you are changing; heat maps and tables show B."

PAGES = {
    page.id: page
    for page in (
        Page(
            "overview",
            "app.py",
            "Overview",
            ":material/visibility:",
            "Will this network learn?",
            "At the start",
            compares=_DEPTH,
        ),
        Page(
            "activations",
            "pages/activations.py",
            "Activations",
            ":material/show_chart:",
            "What does it do to signal and gradient?",
            "At the start",
            compares="The curves of A's function stand beside those of B; all else is B.",
        ),
        Page(
            "initialization",
            "pages/initialization.py",
            "Initialization",
            ":material/equalizer:",
            "Does the signal survive?",
            "At the start",
            compares=_DEPTH,
        ),
        Page(
            "gradient_flow",
            "pages/gradient_flow.py",
            "Gradient flow",
            ":material/trending_down:",
            "Which layers still learn?",
            "At the start",
            compares=_DEPTH,
        ),
        Page(
            "phase_diagram",
            "pages/phase_diagram.py",
            "Phase diagram",
            ":material/map:",
            "Where is the edge?",
            "At the start",
            compares="The map has A's place where A has the same function; the charts by depth show both.",
        ),
        Page(
            "data",
            "pages/data.py",
            "Data",
            ":material/scatter_plot:",
            "What should be done to data first?",
            "At the start",
            tells=False,
        ),
        Page(
            "training",
            "pages/training.py",
            "Training",
            ":material/model_training:",
            "Does it matter?",
            "In training",
            inputs=False,
        ),
        Page(
            "sweep",
            "pages/sweep.py",
            "Sweep",
            ":material/grid_on:",
            "How does it depend on the choices?",
            "Many at once",
        ),
        Page(
            "lessons",
            "pages/lessons.py",
            "Lessons",
            ":material/school:",
            "What do you expect, and what happens?",
            "Learn",
            tells=False,
        ),
        Page(
            "practice",
            "pages/practice.py",
            "Practice",
            ":material/checklist:",
            "What should I use?",
            "Learn",
            tells=False,
        ),
        Page(
            "claims",
            "pages/claims.py",
            "Claims",
            ":material/fact_check:",
            "Is it true what they say?",
            "Learn",
            experiment=False,
        ),
        Page(
            "your_model",
            "pages/your_model.py",
            "Your model",
            ":material/upload_file:",
            "Which law did each layer really get?",
            "Your own",
            experiment=False,
        ),
        Page(
            "frameworks",
            "pages/frameworks.py",
            "Your framework",
            ":material/deployed_code:",
            "What does your framework really do?",
            "Your own",
        ),
        Page(
            "slides",
            "pages/slides.py",
            "Slides",
            ":material/co_present:",
            "Which slide is where?",
            "Look up",
            experiment=False,
        ),
        Page(
            "glossary",
            "pages/glossary.py",
            "Glossary",
            ":material/menu_book:",
            "What do the words mean?",
            "Look up",
            experiment=False,
        ),
    )
}
"""Every page, in the order of the menu; pages of one group stand together."""
