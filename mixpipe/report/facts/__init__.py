"""What a run's artefacts say, as records: one reader per room whose files it knows.

Only these modules know the shapes of sealed files; everything they return is printable. A reader returns nothing where
its stage has not run, so that a run stopped half-way has a report too.
"""

from collections.abc import Mapping

from mixpipe.store.artefact import Artefact

__all__ = ["Artefacts"]

Artefacts = Mapping[str, Artefact]
