<#
.SYNOPSIS
Writes what leavercheck needs to know of Exchange Online into a new directory. Changes nothing.

.DESCRIPTION
leavercheck collect --exchange-export DIRECTORY reads the result, for tenants in which the
application may not ask Exchange itself. Every cmdlet of Exchange in here begins with Get-.

Connect first, as somebody who may read (View-Only Organization Management; the inbox rules
need a role group that has Get-InboxRule besides):

    Connect-ExchangeOnline
    .\export.ps1 -Path .\exchange-export -Leavers .\leavers.csv

The files hold personal data. Keep them where only you can read them, and delete them when
the snapshot is made. Works in Windows PowerShell 5.1 and PowerShell 7.

.PARAMETER Path
The directory to write into. It must not exist yet.

.PARAMETER Leavers
leavercheck's roster (a CSV file with a column id, userPrincipalName or mail), or a list of
object ids, user principal names or mail addresses.
#>
[CmdletBinding()]
param(
    [Parameter(Mandatory = $true)] [ValidateNotNullOrEmpty()] [string] $Path,
    [Parameter(Mandatory = $true)] [ValidateNotNullOrEmpty()] [string[]] $Leavers
)

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

# The time of the export is when it begins: nothing in it is older than that.
$madeAt = [DateTime]::UtcNow.ToString('yyyy-MM-ddTHH:mm:ssZ', [Globalization.CultureInfo]::InvariantCulture)
$described = New-Object System.Collections.ArrayList

# Only what is listed is written. A property that an object does not have is left out, which
# is not the same as one that is empty: leavercheck calls the first unknown.
$mailboxProperties = @(
    'Identity', 'Alias', 'Name', 'Guid', 'ExchangeGuid', 'ExternalDirectoryObjectId', 'UserPrincipalName', 'DisplayName',
    'PrimarySmtpAddress', 'EmailAddresses', 'RecipientTypeDetails', 'ForwardingAddress', 'ForwardingSmtpAddress',
    'DeliverToMailboxAndForward', 'HiddenFromAddressListsEnabled', 'GrantSendOnBehalfTo', 'LitigationHoldEnabled',
    'LitigationHoldDate', 'LitigationHoldDuration', 'InPlaceHolds', 'ComplianceTagHoldApplied', 'DelayHoldApplied',
    'DelayReleaseHoldApplied', 'RetentionHoldEnabled', 'RetentionPolicy', 'IsInactiveMailbox', 'WhenSoftDeleted',
    'IsSoftDeletedByDisable', 'IsSoftDeletedByRemove', 'InactiveMailboxRetireTime', 'AccountDisabled', 'IsDirSynced',
    'ArchiveGuid', 'ArchiveStatus', 'ProhibitSendReceiveQuota', 'PersistedCapabilities', 'WhenMailboxCreated'
)
$protocolProperties = @(
    'ActiveSyncEnabled', 'OWAEnabled', 'OWAforDevicesEnabled', 'MAPIEnabled', 'EwsEnabled', 'PopEnabled', 'ImapEnabled',
    'OutlookMobileEnabled', 'OneWinNativeOutlookEnabled', 'MacOutlookEnabled', 'UniversalOutlookEnabled', 'ECPEnabled',
    'SmtpClientAuthenticationDisabled', 'ActiveSyncBlockedDeviceIDs', 'ActiveSyncAllowedDeviceIDs',
    'HasActiveSyncDevicePartnership', 'ExternalDirectoryObjectId', 'Guid'
)
$deviceProperties = @(
    'Guid', 'Identity', 'DeviceId', 'DeviceType', 'DeviceModel', 'DeviceOS', 'FriendlyName', 'ClientType', 'DeviceAccessState',
    'DeviceAccessStateReason', 'FirstSyncTime', 'IsManaged', 'IsCompliant', 'IsDisabled', 'WhenChanged'
)
$deviceStatisticsProperties = @(
    'DeviceID', 'Guid', 'Identity', 'Status', 'StatusNote', 'FirstSyncTime', 'LastSyncAttemptTime', 'LastSuccessSync',
    'DeviceWipeRequestTime', 'DeviceWipeSentTime', 'DeviceWipeAckTime', 'AccountOnlyDeviceWipeRequestTime',
    'AccountOnlyDeviceWipeSentTime', 'AccountOnlyDeviceWipeAckTime', 'LastDeviceWipeRequestor',
    'LastAccountOnlyDeviceWipeRequestor', 'IsRemoteWipeSupported', 'DeviceAccessState', 'DeviceAccessStateReason'
)
$sizeProperties = @('TotalItemSize', 'ItemCount', 'TotalDeletedItemSize', 'DeletedItemCount', 'MailboxGuid', 'LastLogonTime', 'IsArchiveMailbox')
$ruleProperties = @(
    'Name', 'Identity', 'RuleIdentity', 'Enabled', 'InError', 'ForwardTo', 'RedirectTo', 'ForwardAsAttachmentTo', 'DeleteMessage',
    'MoveToFolder', 'StopProcessingRules', 'Description'
)
$permissionProperties = @('Identity', 'User', 'AccessRights', 'IsInherited', 'Deny', 'InheritanceType')
$recipientPermissionProperties = @('Identity', 'Trustee', 'AccessControlType', 'AccessRights', 'IsInherited', 'Inherited')
$recipientProperties = @(
    'Identity', 'Alias', 'Name', 'Guid', 'ExternalDirectoryObjectId', 'DisplayName', 'PrimarySmtpAddress', 'EmailAddresses',
    'RecipientTypeDetails', 'ExternalEmailAddress', 'DistinguishedName'
)
$organizationProperties = @('InPlaceHolds', 'EwsEnabled', 'DelayedDelicensingEnabled', 'OAuth2ClientProfileEnabled', 'AuditDisabled')
$transportProperties = @('SmtpClientAuthenticationDisabled')

# ConvertTo-Json alone would write enumerations as numbers, dates in one of three ways, and
# sizes as objects without their bytes. So everything is made plain first.
function ConvertTo-PlainValue($Value) {
    if ($null -eq $Value) { return $null }
    if ($Value -is [string]) { return [string] $Value }
    if ($Value -is [bool]) { return [bool] $Value }
    if ($Value -is [DateTime]) {
        # A date without a kind came from the service without a zone, which means UTC.
        $date = [DateTime] $Value
        if ($date.Kind -eq [DateTimeKind]::Unspecified) { $date = [DateTime]::SpecifyKind($date, [DateTimeKind]::Utc) }
        return $date.ToUniversalTime().ToString('yyyy-MM-ddTHH:mm:ss.fffffffZ', [Globalization.CultureInfo]::InvariantCulture)
    }
    if ($Value -is [enum]) { return $Value.ToString() }
    if ($Value -is [int] -or $Value -is [long] -or $Value -is [uint64] -or $Value -is [uint32]) { return $Value }
    if ($Value -is [System.Collections.IEnumerable]) {
        $items = @(foreach ($item in $Value) { [string] (ConvertTo-PlainValue $item) })
        # The comma keeps a list with one item, or none, a list.
        return , $items
    }
    # Sizes and the like have a text of their own. An object without one must not look empty.
    $text = [string] $Value
    if ($text -eq '') { return '@{}' }
    return $text
}

function ConvertTo-PlainRow($Object, [string[]] $Properties) {
    $row = [ordered] @{}
    foreach ($name in $Properties) {
        $property = $Object.PSObject.Properties[$name]
        if ($null -ne $property) { $row[$name] = ConvertTo-PlainValue $property.Value }
    }
    return $row
}

# One row a line, and [] for no rows: an empty file would look like a failed cmdlet.
function Write-ExportFile([string] $File, $Rows) {
    $lines = @(foreach ($row in $Rows) { ConvertTo-Json -InputObject $row -Depth 4 -Compress })
    $text = '[' + [Environment]::NewLine + ($lines -join (',' + [Environment]::NewLine)) + [Environment]::NewLine + ']'
    Set-Content -LiteralPath (Join-Path $Path $File) -Value $text -Encoding UTF8
}

# An error of a cmdlet is written down, so that leavercheck can say why something is unknown.
function ConvertTo-ErrorText($Problem) {
    $text = [string] $Problem.Exception.Message + ' [' + [string] $Problem.FullyQualifiedErrorId + ']'
    return $text.Substring(0, [Math]::Min(500, $text.Length))
}

# Runs a cmdlet once, for the whole tenant.
function Read-Tenant([string] $Cmdlet, [string] $File, [string[]] $Properties, [scriptblock] $Ask) {
    Write-Progress -Activity 'Reading Exchange Online' -Status $File
    $rows = New-Object System.Collections.ArrayList
    $problem = $null
    try {
        foreach ($object in @(& $Ask)) {
            if ($null -ne $object) { [void] $rows.Add((ConvertTo-PlainRow $object $Properties)) }
        }
    } catch {
        $problem = ConvertTo-ErrorText $_
        $rows.Clear()
        Write-Warning "${Cmdlet}: $problem"
    }
    Write-ExportFile $File $rows
    [void] $described.Add([ordered] @{ file = $File; cmdlet = $Cmdlet; rows = $rows.Count; error = $problem; asked = $null })
    return , $rows
}

# Runs a cmdlet for one mailbox after the other, and writes down which of them answered: only
# then does a mailbox without rows have nothing. Key is the property that names the mailbox.
function Read-Each([string] $Cmdlet, [string] $File, [string[]] $Properties, [string] $Key, $Names, [scriptblock] $Ask, [bool] $Hidden) {
    $rows = New-Object System.Collections.ArrayList
    $asked = New-Object System.Collections.ArrayList
    $failed = New-Object System.Collections.ArrayList
    $done = 0
    foreach ($name in $Names) {
        # Without a name, some of these cmdlets would answer with everybody's objects.
        if ([string]::IsNullOrEmpty($name)) { continue }
        $done++
        Write-Progress -Activity 'Reading Exchange Online' -Status "$File, $done"
        try {
            $own = New-Object System.Collections.ArrayList
            foreach ($object in @(& $Ask $name)) {
                if ($null -eq $object) { continue }
                $row = ConvertTo-PlainRow $object $Properties
                $row[$Key] = [string] $name
                [void] $own.Add($row)
            }
            $rows.AddRange($own)
            [void] $asked.Add([string] $name)
        } catch {
            $problem = ConvertTo-ErrorText $_
            [void] $failed.Add([ordered] @{ mailbox = [string] $name; error = $problem })
            Write-Warning "${Cmdlet}: $problem"
        }
    }
    Write-ExportFile $File $rows
    [void] $described.Add([ordered] @{
        file = $File; cmdlet = $Cmdlet; rows = $rows.Count; error = $null; asked = @($asked); failed = @($failed); includeHidden = $Hidden
    })
}

if ($null -eq (Get-Command -Name Get-Mailbox -ErrorAction SilentlyContinue)) {
    throw 'Get-Mailbox is not there. Run Connect-ExchangeOnline first.'
}
[void] (New-Item -ItemType Directory -Path $Path)

# Which tenant this is; leavercheck refuses the export of another one.
$tenant = $null
try {
    $tenants = @(foreach ($connection in @(Get-ConnectionInformation)) { [string] $connection.TenantID })
    $tenants = @($tenants | Select-Object -Unique)
    if ($tenants.Count -eq 1) { $tenant = $tenants[0] }
} catch {
    Write-Warning 'The tenant is not known: Get-ConnectionInformation failed.'
}

# Who left.
$wanted = New-Object System.Collections.ArrayList
if ($Leavers.Count -eq 1 -and (Test-Path -LiteralPath $Leavers[0] -PathType Leaf)) {
    $header = [string] (Get-Content -LiteralPath $Leavers[0] -TotalCount 1 -Encoding UTF8)
    $delimiter = ','
    if ($header.Split(';').Count -gt $header.Split(',').Count) { $delimiter = ';' }
    foreach ($line in @(Import-Csv -LiteralPath $Leavers[0] -Delimiter $delimiter -Encoding UTF8)) {
        $names = @(foreach ($column in 'id', 'userPrincipalName', 'mail') {
            $cell = $line.PSObject.Properties[$column]
            if ($null -ne $cell -and -not [string]::IsNullOrEmpty($cell.Value)) { $cell.Value.Trim() }
        })
        if ($names.Count -eq 0) {
            Write-Warning 'A row of the roster has neither id, userPrincipalName nor mail; Exchange is not asked about it.'
        } else {
            [void] $wanted.Add($names)
        }
    }
} else {
    foreach ($name in $Leavers) { [void] $wanted.Add(@($name.Trim())) }
}

# The mailboxes, in the three places where one can be.
$live = Read-Tenant 'Get-Mailbox' 'Get-Mailbox.json' $mailboxProperties { Get-Mailbox -ResultSize Unlimited -ErrorAction Stop }
$softDeleted = Read-Tenant 'Get-Mailbox' 'Get-Mailbox.SoftDeleted.json' $mailboxProperties { Get-Mailbox -SoftDeletedMailbox -ResultSize Unlimited -ErrorAction Stop }
$inactive = Read-Tenant 'Get-Mailbox' 'Get-Mailbox.Inactive.json' $mailboxProperties { Get-Mailbox -InactiveMailboxOnly -ResultSize Unlimited -ErrorAction Stop }

# Everybody's names, to find the leavers' mailboxes by.
function Find-Mailbox($Mailboxes) {
    $index = @{}
    foreach ($mailbox in $Mailboxes) {
        $names = @('ExternalDirectoryObjectId', 'UserPrincipalName', 'PrimarySmtpAddress' | Where-Object { $mailbox.Contains($_) } | ForEach-Object { $mailbox[$_] })
        if ($mailbox.Contains('EmailAddresses')) {
            $names += @(foreach ($address in @($mailbox['EmailAddresses'])) { ([string] $address) -replace '^smtp:', '' })
        }
        foreach ($name in $names) {
            if ([string]::IsNullOrEmpty($name)) { continue }
            $lower = $name.ToLowerInvariant()
            if (-not $index.ContainsKey($lower)) { $index[$lower] = New-Object System.Collections.ArrayList }
            [void] $index[$lower].Add([string] $mailbox['ExchangeGuid'])
        }
    }
    # A leaver may have several: an older one that is deleted, beside the live one.
    $found = @(foreach ($names in $wanted) {
        foreach ($name in $names) {
            if ($index.ContainsKey($name.ToLowerInvariant())) { $index[$name.ToLowerInvariant()] }
        }
    })
    return , @($found | Select-Object -Unique)
}

$own = Find-Mailbox $live
$gone = Find-Mailbox (@($softDeleted) + @($inactive))
$shared = @(foreach ($mailbox in $live) { if ($mailbox['RecipientTypeDetails'] -eq 'SharedMailbox') { $mailbox['ExchangeGuid'] } })

# What hangs on the leavers' mailboxes.
Read-Each 'Get-CASMailbox' 'Get-CASMailbox.json' $protocolProperties 'ExchangeGuid' $own { Get-CASMailbox -Identity $args[0] -ErrorAction Stop } $false
Read-Each 'Get-MobileDevice' 'Get-MobileDevice.json' $deviceProperties 'ExchangeGuid' $own { Get-MobileDevice -Mailbox $args[0] -ResultSize Unlimited -ErrorAction Stop } $false
Read-Each 'Get-MobileDeviceStatistics' 'Get-MobileDeviceStatistics.json' $deviceStatisticsProperties 'ExchangeGuid' $own { Get-MobileDeviceStatistics -Mailbox $args[0] -ErrorAction Stop } $false
Read-Each 'Get-MailboxStatistics' 'Get-MailboxStatistics.json' $sizeProperties 'ExchangeGuid' $own { Get-MailboxStatistics -Identity $args[0] -ErrorAction Stop } $false
Read-Each 'Get-MailboxStatistics' 'Get-MailboxStatistics.SoftDeleted.json' $sizeProperties 'ExchangeGuid' $gone { Get-MailboxStatistics -Identity $args[0] -IncludeSoftDeletedRecipients -ErrorAction Stop } $false
Read-Each 'Get-InboxRule' 'Get-InboxRule.json' $ruleProperties 'ExchangeGuid' $own { Get-InboxRule -Mailbox $args[0] -IncludeHidden -ErrorAction Stop } $true

# Who may open the leavers' mailboxes, and the shared ones: a leaver may be among them.
Read-Each 'Get-MailboxPermission' 'Get-MailboxPermission.json' $permissionProperties 'ExchangeGuid' @(@($own) + @($shared) | Select-Object -Unique) { Get-MailboxPermission -Identity $args[0] -ErrorAction Stop } $false

# As whom the leavers may send. Those without a mailbox are asked for by the name in the roster.
$trustees = @(foreach ($names in $wanted) {
    $addresses = @($names | Where-Object { $_.Contains('@') })
    if ($addresses.Count -gt 0) { $addresses[0] } else { $names[0] }
})
$trustees = @($trustees + @($own) | Select-Object -Unique)
Read-Each 'Get-RecipientPermission' 'Get-RecipientPermission.json' $recipientPermissionProperties 'AskedTrustee' $trustees { Get-RecipientPermission -Trustee $args[0] -ResultSize Unlimited -ErrorAction Stop } $false

# Who the others are that mailboxes mention. Groups of Microsoft 365 are listed on request only.
[void] (Read-Tenant 'Get-Recipient' 'Get-Recipient.json' $recipientProperties {
    $seen = @{}
    foreach ($recipient in @(Get-Recipient -ResultSize Unlimited -ErrorAction Stop) + @(Get-Recipient -RecipientTypeDetails GroupMailbox -ResultSize Unlimited -ErrorAction Stop)) {
        $guid = [string] $recipient.Guid
        if (-not $seen.ContainsKey($guid)) { $seen[$guid] = $true; $recipient }
    }
})

# What holds for every mailbox.
[void] (Read-Tenant 'Get-OrganizationConfig' 'Get-OrganizationConfig.json' $organizationProperties { Get-OrganizationConfig -ErrorAction Stop })
[void] (Read-Tenant 'Get-TransportConfig' 'Get-TransportConfig.json' $transportProperties { Get-TransportConfig -ErrorAction Stop })

# Last, so that an export that was broken off has none.
$description = [ordered] @{ schemaVersion = 1; madeAt = $madeAt; tenantId = $tenant; cmdlets = @($described) }
Set-Content -LiteralPath (Join-Path $Path 'export.json') -Value (ConvertTo-Json -InputObject $description -Depth 6) -Encoding UTF8
Write-Progress -Activity 'Reading Exchange Online' -Completed
Write-Warning "The files in $Path hold personal data: let nobody else read them."
