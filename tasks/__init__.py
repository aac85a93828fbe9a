"""One Prefect task per step of a stage, and the Ray fan-out inside it."""
