# METADATA
# title: Names
# description: Compares names, identifiers and enumeration values as Microsoft's services do, whatever their case.
package lib.names

# METADATA
# description: the name in lower case, without space around it; undefined for anything but text
fold(name) := lower(trim_space(name)) if is_string(name)

# METADATA
# description: text that says something
given(value) if fold(value) != ""

# METADATA
# description: the service says that there is none
none(value) if value in {null, ""}

# METADATA
# description: a number of things, for people
counted(number, thing) := $"1 {thing}" if {
	number == 1
} else := $"{number} {thing}s"
