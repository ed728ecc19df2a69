"""The stand-in for Isaac Sim and Isaac Lab 2, as packages of this interpreter."""

from pathlib import Path

PACKAGES = Path(__file__).with_name("isaac_sim_stand_in")


def installed(folder: Path, version: str = "2.3.2.post1", misdeed: str = "") -> dict[str, str]:
    """Return the variables with which a process of this interpreter has the stand-in, as if it were installed.

    Args:
        folder: for the metadata of packages.
        version: of Isaac Lab.
        misdeed: what goes wrong and when, as `isaac_sim_stand_in/isaacsim` says.
    """
    for name, found in {"isaaclab": version, "isaacsim": "5.1.0.0"}.items():
        metadata = folder / f"{name}-{found}.dist-info"
        metadata.mkdir(exist_ok=True)
        (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {found}\n")
    return {"PYTHONPATH": f"{PACKAGES}:{folder}", "ISAAC_SIM_STAND_IN": misdeed}
