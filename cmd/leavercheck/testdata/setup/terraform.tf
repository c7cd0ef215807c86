# An application that may read what leavercheck reads, and nothing else.
# Cloud: global. Printed by: leavercheck doctor --setup terraform --cloud global
#
# Whoever applies it must be able to consent for the organisation (Privileged Role
# Administrator). Exchange's role groups cannot be reached from here; what this gives
# instead is the directory role Global Reader. It reads the settings of the whole tenant,
# and it may not run Get-InboxRule: hidden inbox rules stay unread, and FWD-006 says so.
# For a role group of Exchange that reads Exchange and nothing else, set global_reader to
# false and do the part of leavercheck doctor --setup powershell that follows
# Connect-ExchangeOnline.

terraform {
  required_providers {
    azuread = {
      source  = "hashicorp/azuread"
      version = "~> 3.0"
    }
  }
}

provider "azuread" {
  environment = "global"
}

variable "certificate" {
  description = "File with the public part of the certificate (PEM). The private key stays where leavercheck runs."
  type        = string
}

variable "certificate_end" {
  description = "When the certificate ends, such as 2027-06-01T00:00:00Z."
  type        = string
}

variable "name" {
  description = "What the application is called."
  type        = string
  default     = "leavercheck"
}

variable "global_reader" {
  description = "Give the application the directory role Global Reader, for Exchange."
  type        = bool
  default     = true
}

locals {
  # Microsoft Graph
  graph = toset([
    "Application.Read.All",
    "AuditLog.Read.All",
    "Device.Read.All",
    "DeviceManagementManagedDevices.Read.All",
    "Directory.Read.All",
    "Domain.Read.All",
    "Files.Read.All",
    "GroupMember.Read.All",
    "LicenseAssignment.Read.All",
    "Mail.ReadBasic.All",
    "MailboxSettings.Read",
    "Organization.Read.All",
    "PrivilegedEligibilitySchedule.Read.AzureADGroup",
    "ReportSettings.Read.All",
    "RoleManagement.Read.Directory",
    "SharePointTenantSettings.Read.All",
    "TeamsTelephoneNumber.Read.All",
    "User.Read.All",
    "UserAuthenticationMethod.Read.All",
  ])

  # Office 365 Exchange Online
  exchange = toset([
    "Exchange.ManageAsApp",
  ])
}

# Microsoft Graph; its permissions are looked up by name.
data "azuread_service_principal" "graph" {
  client_id = "00000003-0000-0000-c000-000000000000"
}

# Office 365 Exchange Online; its permissions are looked up by name.
data "azuread_service_principal" "exchange" {
  client_id = "00000002-0000-0ff1-ce00-000000000000"
}

resource "azuread_application" "leavercheck" {
  display_name     = var.name
  sign_in_audience = "AzureADMyOrg"

  required_resource_access {
    resource_app_id = data.azuread_service_principal.graph.client_id

    dynamic "resource_access" {
      for_each = local.graph
      content {
        id   = data.azuread_service_principal.graph.app_role_ids[resource_access.value]
        type = "Role"
      }
    }
  }

  required_resource_access {
    resource_app_id = data.azuread_service_principal.exchange.client_id

    dynamic "resource_access" {
      for_each = local.exchange
      content {
        id   = data.azuread_service_principal.exchange.app_role_ids[resource_access.value]
        type = "Role"
      }
    }
  }
}

resource "azuread_application_certificate" "leavercheck" {
  application_id = azuread_application.leavercheck.id
  type           = "AsymmetricX509Cert"
  value          = file(var.certificate)
  end_date       = var.certificate_end
}

resource "azuread_service_principal" "leavercheck" {
  client_id = azuread_application.leavercheck.client_id
}

# Consent for the organisation.
resource "azuread_app_role_assignment" "graph" {
  for_each            = local.graph
  app_role_id         = data.azuread_service_principal.graph.app_role_ids[each.value]
  principal_object_id = azuread_service_principal.leavercheck.object_id
  resource_object_id  = data.azuread_service_principal.graph.object_id
}

# Consent for the organisation.
resource "azuread_app_role_assignment" "exchange" {
  for_each            = local.exchange
  app_role_id         = data.azuread_service_principal.exchange.app_role_ids[each.value]
  principal_object_id = azuread_service_principal.leavercheck.object_id
  resource_object_id  = data.azuread_service_principal.exchange.object_id
}

resource "azuread_directory_role" "global_reader" {
  count        = var.global_reader ? 1 : 0
  display_name = "Global Reader"
}

resource "azuread_directory_role_assignment" "global_reader" {
  count               = var.global_reader ? 1 : 0
  role_id             = azuread_directory_role.global_reader[0].template_id
  principal_object_id = azuread_service_principal.leavercheck.object_id
}

output "client_id" {
  description = "AZURE_CLIENT_ID for leavercheck. A change takes up to an hour to get through; then run leavercheck doctor."
  value       = azuread_application.leavercheck.client_id
}
