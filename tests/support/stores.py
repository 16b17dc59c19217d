"""What tests write to a store, and the configuration of its agent."""

from primacy import Config, Persist, agents, loads

CONFIG = Config("mesh", "ada", agents("ada", "bob", "cyd"))


def persist(term: int, vote: str, after: int, *commands: str) -> Persist:
    entries = ",".join(
        f'{{"term":{term},"kind":"command","command":"{command}","request":"r{command}"}}'
        for command in commands
    )
    return loads(
        f'{{"primacy":1,"kind":"Persist","value":{{"term":{term},"voted_for":"{vote}",'
        f'"after":{after},"entries":[{entries}]}}}}',
        Persist,
    )
