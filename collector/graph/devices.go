package graph

import (
	"context"
	"errors"
	"slices"

	abstractions "github.com/microsoft/kiota-abstractions-go"
	"github.com/microsoftgraph/msgraph-sdk-go/devicemanagement"

	"leavercheck/collector/snapshot"
	"leavercheck/collector/wire"
)

const devicesEndpoint = "GET /v1.0/deviceManagement/managedDevices"

func deviceProperties() []string {
	return []string{
		"id", "userId", "userPrincipalName", "deviceName", "managedDeviceOwnerType", "operatingSystem", "osVersion",
		"managementState", "complianceState", "lastSyncDateTime", "enrolledDateTime", "azureADDeviceId", "easDeviceId",
		"exchangeAccessState", "exchangeAccessStateReason", "managementAgent", "serialNumber", "deviceActionResults",
	}
}

// ManagedDevices reads Intune's devices and gives each wanted leaver theirs. A device without a user
// belongs to nobody.
func (c *Client) ManagedDevices(ctx context.Context, wanted map[string]bool) map[string]Outcome {
	builder := devicemanagement.NewManagedDevicesRequestBuilderInternal(c.path(v1), c.adapter)
	info := func(ctx context.Context) (*abstractions.RequestInformation, error) {
		return builder.ToGetRequestInformation(ctx, &devicemanagement.ManagedDevicesRequestBuilderGetRequestConfiguration{
			QueryParameters: &devicemanagement.ManagedDevicesRequestBuilderGetQueryParameters{Select: deviceProperties()},
		})
	}
	l := c.listing(wire.Intune, devicesEndpoint, 1, v1, info)
	return c.join(ctx, l, permission("DeviceManagementManagedDevices.Read.All"), wanted, func(r row) (string, any, error) {
		owner, ok := r["userId"].(string)
		if !ok {
			return "", nil, errors.New("a managed device without userId")
		}
		clean, err := pick(r, deviceProperties())
		return owner, clean, err
	}, func(devices []any) snapshot.Fact {
		devices = some(devices)
		slices.SortFunc(devices, byTime("id"))
		return snapshot.Fact{State: snapshot.Read, Value: devices}
	})
}
