package simtenant_test

import (
	"testing"

	"leavercheck/collector/simtenant"
)

func TestDevicesOfManyKinds(t *testing.T) {
	t.Parallel()
	c := newClient(t, simtenant.Options{})
	device := func(story string) map[string]any {
		rows := c.all("/v1.0/users/" + c.id(story) + "/registeredDevices/graph.device?$select=id,accountEnabled,displayName,trustType,isManaged,operatingSystem")
		return rows[0]
	}
	if d := device("joined in a way that nobody knows yet"); d["trustType"] != "FutureTrust" || d["accountEnabled"] != false {
		t.Errorf("an unknown trust: %v", d)
	}
	d := device("nor how it is joined")
	for _, name := range []string{"trustType", "isManaged"} {
		if _, ok := d[name]; ok {
			t.Errorf("a property that the service leaves out is there: %v", d)
		}
	}
	if d := device("whether it is enabled"); d["accountEnabled"] != nil || d["displayName"] == nil {
		t.Errorf("undecided: %v", d)
	}
	other := c.id("registered to a colleague")
	if n := len(c.all("/v1.0/users/" + other + "/registeredDevices?$select=id")); n != 0 {
		t.Errorf("%d devices are registered to the owner of a colleague's", n)
	}
	if n := len(c.all("/v1.0/users/" + c.id("was deleted from the directory") + "/registeredDevices?$select=id")); n != 0 {
		t.Errorf("%d deleted devices are listed", n)
	}
	laptop := c.all("/v1.0/users/" + c.id("clean: converted") + "/registeredDevices?$select=deviceId,accountEnabled")[0]
	managed := c.all("/v1.0/users/" + c.id("clean: converted") + "/managedDevices?$select=azureADDeviceId")[0]
	if laptop["deviceId"] != managed["azureADDeviceId"] || laptop["accountEnabled"] != false {
		t.Errorf("the computer in both directories: %v, %v", laptop, managed)
	}
	c.quiet()
}
