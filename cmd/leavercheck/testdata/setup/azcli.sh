#!/usr/bin/env bash
# Sets up an application that may read what leavercheck reads, and nothing else.
# Cloud: global. Printed by: leavercheck doctor --setup azcli --cloud global
#
# Read it before you run it. It needs the Azure CLI, signed in as somebody who may consent
# for the organisation (Privileged Role Administrator):
#
#   az cloud set --name AzureCloud && az login --allow-no-subscriptions
#   ./setup.sh leavercheck.pem [NAME]
#
# leavercheck.pem is the public part of a certificate (PEM) whose private key stays where
# leavercheck runs.
#
# Exchange's role groups cannot be reached from here; what this script gives instead is the
# directory role Global Reader. It reads the settings of the whole tenant, and it may not
# run Get-InboxRule: hidden inbox rules stay unread, and FWD-006 says so. For a role group
# of Exchange that reads Exchange and nothing else, set GLOBAL_READER=no and do the part of
# leavercheck doctor --setup powershell that follows Connect-ExchangeOnline.
set -euo pipefail

certificate="${1:?the public part of the certificate (PEM)}"
name="${2:-leavercheck}"

cloud="$(az cloud show --query name --output tsv)"
[ "$cloud" = 'AzureCloud' ] || { echo "az is set to $cloud, not to AzureCloud" >&2; exit 1; }
if [ -n "$(az ad app list --filter "displayName eq '${name//\'/\'\'}'" --query '[].appId' --output tsv)" ]; then
  echo "there is an application called $name already" >&2
  exit 1
fi

app="$(az ad app create --display-name "$name" --sign-in-audience AzureADMyOrg --query appId --output tsv)"
principal="$(az ad sp create --id "$app" --query id --output tsv)"
az ad app credential reset --id "$app" --cert "@$certificate" --append --output none

# A permission and the consent to it. It is looked up by name: Microsoft publishes ids for the
# worldwide cloud only.
grant() { # SERVICE PERMISSION
  local service role
  role="$(az ad sp show --id "$1" --query "appRoles[?value=='$2' && contains(allowedMemberTypes, 'Application')].id | [0]" --output tsv)"
  [ -n "$role" ] || { echo "the service $1 has no application permission $2" >&2; exit 1; }
  service="$(az ad sp show --id "$1" --query id --output tsv)"
  az ad app permission add --id "$app" --api "$1" --api-permissions "$role=Role" --output none --only-show-errors
  az rest --method POST --url "$graph/v1.0/servicePrincipals/$principal/appRoleAssignments" --output none \
    --body "{\"principalId\":\"$principal\",\"resourceId\":\"$service\",\"appRoleId\":\"$role\"}"
}

graph="$(az cloud show --query endpoints.microsoftGraphResourceId --output tsv)"
graph="${graph%/}"

# Microsoft Graph
grant '00000003-0000-0000-c000-000000000000' 'Application.Read.All'
grant '00000003-0000-0000-c000-000000000000' 'AuditLog.Read.All'
grant '00000003-0000-0000-c000-000000000000' 'Device.Read.All'
grant '00000003-0000-0000-c000-000000000000' 'DeviceManagementManagedDevices.Read.All'
grant '00000003-0000-0000-c000-000000000000' 'Directory.Read.All'
grant '00000003-0000-0000-c000-000000000000' 'Domain.Read.All'
grant '00000003-0000-0000-c000-000000000000' 'Files.Read.All'
grant '00000003-0000-0000-c000-000000000000' 'GroupMember.Read.All'
grant '00000003-0000-0000-c000-000000000000' 'LicenseAssignment.Read.All'
grant '00000003-0000-0000-c000-000000000000' 'Mail.ReadBasic.All'
grant '00000003-0000-0000-c000-000000000000' 'MailboxSettings.Read'
grant '00000003-0000-0000-c000-000000000000' 'Organization.Read.All'
grant '00000003-0000-0000-c000-000000000000' 'PrivilegedEligibilitySchedule.Read.AzureADGroup'
grant '00000003-0000-0000-c000-000000000000' 'ReportSettings.Read.All'
grant '00000003-0000-0000-c000-000000000000' 'RoleManagement.Read.Directory'
grant '00000003-0000-0000-c000-000000000000' 'SharePointTenantSettings.Read.All'
grant '00000003-0000-0000-c000-000000000000' 'TeamsTelephoneNumber.Read.All'
grant '00000003-0000-0000-c000-000000000000' 'User.Read.All'
grant '00000003-0000-0000-c000-000000000000' 'UserAuthenticationMethod.Read.All'

# Office 365 Exchange Online
grant '00000002-0000-0ff1-ce00-000000000000' 'Exchange.ManageAsApp'

if [ "${GLOBAL_READER:-yes}" = yes ]; then
  az rest --method POST --url "$graph/v1.0/roleManagement/directory/roleAssignments" --output none \
    --body "{\"principalId\":\"$principal\",\"roleDefinitionId\":\"f2ef992c-3afb-46b9-b7cf-a126ee74c451\",\"directoryScopeId\":\"/\"}"
fi

# A change takes up to an hour to get through. Then: leavercheck doctor
echo "AZURE_TENANT_ID=$(az account show --query tenantId --output tsv)"
echo "AZURE_CLIENT_ID=$app"
