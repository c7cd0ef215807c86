# Sets up an application that may read what leavercheck reads, and nothing else.
# Cloud: {{.Cloud}}. Printed by: leavercheck doctor --setup powershell --cloud {{.Cloud}}
#
# Read it before you run it. It needs the modules Microsoft.Graph.Authentication,
# Microsoft.Graph.Applications and ExchangeOnlineManagement (3.0 or newer), and somebody
# who may consent for the organisation (Privileged Role Administrator) and manage roles
# in Exchange (Organization Management).
#
#   ./setup.ps1 -CertificatePath leavercheck.cer
#   ./setup.ps1 -CertificatePath leavercheck.cer -GlobalReader
#
# -CertificatePath is the public part (.cer) of a certificate whose private key stays where
# leavercheck runs.
#
# The role in Exchange, one of two:
#   without -GlobalReader: a role group of Exchange of its own. It reads recipients and
#     settings of Exchange, and inbox rules, and nothing elsewhere. More to set up.
#   with -GlobalReader: the directory role of that name. One assignment, but it reads the
#     settings of the whole tenant, and it may not run Get-InboxRule: hidden inbox rules
#     then stay unread, and FWD-006 says so.
[CmdletBinding()]
param(
    [Parameter(Mandatory)][string] $CertificatePath,
    [string] $Name = 'leavercheck',
    [switch] $GlobalReader
)
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

$permissions = [ordered]@{
{{- range .Services}}
    # {{.Name}}
    '{{.AppID}}' = @(
{{- range .Permissions}}
        '{{.Name}}'
{{- end}}
    )
{{- end}}
}

Connect-MgGraph -Environment '{{.Names.Graph}}' -NoWelcome -Scopes 'Application.ReadWrite.All', 'AppRoleAssignment.ReadWrite.All', 'RoleManagement.ReadWrite.Directory'

$filter = "displayName eq '" + $Name.Replace("'", "''") + "'"
if (Get-MgApplication -Filter $filter) {
    throw "There is an application called $Name already. Give another -Name, or remove it."
}

# The permissions, looked up by name: Microsoft publishes their ids for the worldwide cloud
# only.
$services = @{}
$wanted = foreach ($appId in $permissions.Keys) {
    $services[$appId] = Get-MgServicePrincipal -Filter "appId eq '$appId'"
    if (-not $services[$appId]) { throw "The service $appId is not in this tenant." }
    $access = foreach ($permission in $permissions[$appId]) {
        $role = $services[$appId].AppRoles | Where-Object { $_.Value -eq $permission -and $_.AllowedMemberTypes -contains 'Application' }
        if (-not $role) { throw "The service $appId has no application permission $permission." }
        @{ Id = $role.Id; Type = 'Role' }
    }
    @{ ResourceAppId = $appId; ResourceAccess = @($access) }
}

# The application, with its certificate.
$certificate = [System.Security.Cryptography.X509Certificates.X509Certificate2]::new((Resolve-Path -LiteralPath $CertificatePath).Path)
$key = @{ Type = 'AsymmetricX509Cert'; Usage = 'Verify'; Key = $certificate.RawData; DisplayName = $certificate.Subject }
$application = New-MgApplication -DisplayName $Name -SignInAudience 'AzureADMyOrg' -RequiredResourceAccess @($wanted) -KeyCredentials @($key)
$principal = New-MgServicePrincipal -AppId $application.AppId

# Consent for the organisation, permission by permission.
foreach ($service in $wanted) {
    foreach ($access in $service.ResourceAccess) {
        $null = New-MgServicePrincipalAppRoleAssignment -ServicePrincipalId $principal.Id -PrincipalId $principal.Id -ResourceId $services[$service.ResourceAppId].Id -AppRoleId $access.Id
    }
}

if ($GlobalReader) {
    $null = Invoke-MgGraphRequest -Method POST -Uri 'v1.0/roleManagement/directory/roleAssignments' -Body @{
        principalId      = $principal.Id
        roleDefinitionId = 'f2ef992c-3afb-46b9-b7cf-a126ee74c451' # Global Reader
        directoryScopeId = '/'
    }
}
else {
    Connect-ExchangeOnline -ExchangeEnvironmentName '{{.Names.Exchange}}' -ShowBanner:$false

    # Read-only roles lack Get-InboxRule: a role with that cmdlet alone.
    $parent = Get-ManagementRole -Cmdlet 'Get-InboxRule' | Where-Object { $_.Name -in 'Mail Recipients', 'User Options' } | Sort-Object -Property Name | Select-Object -First 1
    if (-not $parent) { throw 'No management role that you may see has Get-InboxRule.' }
    $rules = "$Name inbox rules"
    $null = New-ManagementRole -Name $rules -Parent $parent.Name
    Get-ManagementRoleEntry -Identity "$rules\*" | Where-Object { $_.Name -ne 'Get-InboxRule' } | ForEach-Object {
        Remove-ManagementRoleEntry -Identity "$rules\$($_.Name)" -Confirm:$false
    }

    $roles = @('View-Only Recipients', 'View-Only Configuration', $rules)
    $null = New-RoleGroup -Name $Name -Roles $roles -Description 'Reads for leavercheck'
    $null = New-ServicePrincipal -AppId $application.AppId -ObjectId $principal.Id -DisplayName $Name
    Add-RoleGroupMember -Identity $Name -Member $principal.Id

    # What leavercheck runs, and whether the role group has it.
    foreach ($cmdlet in {{range $i, $c := .Cmdlets}}{{if $i}}, {{end}}'{{$c}}'{{end}}) {
        $having = @(Get-ManagementRole -Cmdlet $cmdlet | ForEach-Object { $_.Name })
        if (-not ($having | Where-Object { $roles -contains $_ })) {
            Write-Warning "The role group cannot run $cmdlet; these roles can: $($having -join ', ')"
        }
    }
}

# A change takes up to an hour to get through. Then: leavercheck doctor
"AZURE_TENANT_ID=$((Get-MgContext).TenantId)"
"AZURE_CLIENT_ID=$($application.AppId)"
