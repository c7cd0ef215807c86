# METADATA
# title: Devices
# description: What was done to the leaver's devices after leaving, by Intune's own record of its actions.
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
