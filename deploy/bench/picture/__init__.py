"""The picture of the README, drawn from the reports of the benches: `python -m deploy.bench.picture [--check]`."""
