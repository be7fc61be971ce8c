"""Forms made from settings classes: a field a setting, each with its sentence, unit, range and problems."""
