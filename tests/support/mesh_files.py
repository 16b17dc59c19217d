"""Mesh files that several tests begin from."""

MESH_OF_THREE = """
mesh_id = "mesh"
heartbeat_interval = 0.1
election_timeout = 0.2
leader_timeout = 1
[agents.ada]
address = "127.0.0.1:7000"
metrics = "127.0.0.1:0"
folder = "of-ada"
[agents.bob]
address = "bob.example:7000"
listen = "[::]:7000"
[agents.cyd]
address = "127.0.0.1:7002"
[agents.wim]
address = "127.0.0.1:7003"
role = "worker"
"""


MESH_ALONE = """
mesh_id = "mesh"
agent_id = "ada"
heartbeat_interval = 0.05
election_timeout = 0.1
leader_timeout = 0.2
folder = "{folder}"
[agents.ada]
address = "127.0.0.1:0"
"""
