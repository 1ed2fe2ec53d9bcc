from hypothesis import HealthCheck, settings

# No example database: nothing is left behind. No deadline: the machine may be busy with other tests.
settings.register_profile("domain", database=None, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("domain")
