import os
import platform

from tuner.machine import describe_machine


def test_a_machine_is_described_without_its_name():
    machine = describe_machine()
    assert machine["cores"] == os.cpu_count()
    assert machine["cpu"]
    assert platform.system() in machine["system"]
    assert platform.node() not in (machine["cpu"], machine["system"])
