# METADATA
# title: Devices
# description: |
#   What was done to the leaver's devices after leaving, by the acknowledgements that Exchange holds and by Intune's own
#   record of its actions.
package lib.devices

import data.lib.names
import data.lib.times

# METADATA
# description: the actions that take the organisation's data off a device
wiping_actions := {"wipe", "retire", "factoryreset", "removecompanydata"}

# METADATA
# description: the actions after which the device no longer belongs to the organisation
retiring_actions := wiping_actions | {"delete"}

# METADATA
# description: one of the actions was done, not just asked for, at or after leaving
done(results, actions) if {
	some result in results
	names.fold(result.actionName) in actions
	names.fold(result.actionState) == "done"
	times.at_or_after(result.lastUpdatedDateTime, input.leaver.leftAt)
}

# METADATA
# description: the DeviceId of every Exchange partnership whose device Intune wiped after leaving
wiped_by_intune contains names.fold(device.easDeviceId) if {
	input.facts.managedDevices.state == "read"
	some device in input.facts.managedDevices.value
	names.given(device.easDeviceId)
	done(device.deviceActionResults, wiping_actions)
}

# METADATA
# description: the same, by what the baseline had read; Intune soon forgets a device that it wiped
wiped_by_intune_before contains names.fold(device.easDeviceId) if {
	input.baseline.facts.managedDevices.state == "read"
	some device in input.baseline.facts.managedDevices.value
	names.given(device.easDeviceId)
	done(device.deviceActionResults, wiping_actions)
}

# METADATA
# description: the device confirmed to Exchange, after leaving, that it was wiped, or the account on it
# scope: document
acknowledged(device) if times.at_or_after(device.statistics.DeviceWipeAckTime, input.leaver.leftAt)

acknowledged(device) if times.at_or_after(device.statistics.AccountOnlyDeviceWipeAckTime, input.leaver.leftAt)

# METADATA
# description: the device is known to have confirmed neither
unacknowledged(device) if {
	_unconfirmed(device.statistics.DeviceWipeAckTime)
	_unconfirmed(device.statistics.AccountOnlyDeviceWipeAckTime)
}

# METADATA
# description: Intune manages the device, and could not be asked
perhaps_wiped_by_intune(device) if {
	device.IsManaged == true
	not intune_answered
}

# METADATA
# description: Intune's devices were read
intune_answered if input.facts.managedDevices.state in {"read", "absent"}

_unconfirmed(acknowledged_at) if names.none(acknowledged_at)

_unconfirmed(acknowledged_at) if times.before(acknowledged_at, input.leaver.leftAt)
