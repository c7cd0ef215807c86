# An application that may read what leavercheck reads, and nothing else.
# Cloud: {{.Cloud}}. Printed by: leavercheck doctor --setup terraform --cloud {{.Cloud}}
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
  environment = "{{.Names.Terraform}}"
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
{{- range $i, $s := .Services}}
{{- if $i}}
{{end}}
  # {{.Name}}
  {{.Key}} = toset([
{{- range .Permissions}}
    "{{.Name}}",
{{- end}}
  ])
{{- end}}
}
{{range .Services}}
# {{.Name}}; its permissions are looked up by name.
data "azuread_service_principal" "{{.Key}}" {
  client_id = "{{.AppID}}"
}
{{end}}
resource "azuread_application" "leavercheck" {
  display_name     = var.name
  sign_in_audience = "AzureADMyOrg"
{{range .Services}}
  required_resource_access {
    resource_app_id = data.azuread_service_principal.{{.Key}}.client_id

    dynamic "resource_access" {
      for_each = local.{{.Key}}
      content {
        id   = data.azuread_service_principal.{{.Key}}.app_role_ids[resource_access.value]
        type = "Role"
      }
    }
  }
{{end}}}

resource "azuread_application_certificate" "leavercheck" {
  application_id = azuread_application.leavercheck.id
  type           = "AsymmetricX509Cert"
  value          = file(var.certificate)
  end_date       = var.certificate_end
}

resource "azuread_service_principal" "leavercheck" {
  client_id = azuread_application.leavercheck.client_id
}
{{range .Services}}
# Consent for the organisation.
resource "azuread_app_role_assignment" "{{.Key}}" {
  for_each            = local.{{.Key}}
  app_role_id         = data.azuread_service_principal.{{.Key}}.app_role_ids[each.value]
  principal_object_id = azuread_service_principal.leavercheck.object_id
  resource_object_id  = data.azuread_service_principal.{{.Key}}.object_id
}
{{end}}
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
