"""The language of Casewire: pure values, no I/O. Everything a client, a service or a test may rely on."""
