"""Where assets lie, read once, when this is imported."""

from isaacsim import SimulationApp

NUCLEUS_ASSET_ROOT_DIR = SimulationApp.running.settings.get(
    "/persistent/isaac/asset_root/cloud", "https://stand.in/Isaac"
)
