package kyc

import (
	"slices"
	"time"
)

// Role of a principal.
type Role string

// The roles of the contract, section 3.
const (
	RoleAdmin       Role = "ADMIN"       // the installation
	RoleOwner       Role = "OWNER"       // an account
	RoleSubordinate Role = "SUBORDINATE" // an account's people
)

// Permission of a principal.
type Permission string

// The permissions of the contract and ours in the same style.
const (
	LogsKYC      Permission = "logsKYC"
	ViewOCR      Permission = "viewKYCDocumentsOCR"
	ViewChecks   Permission = "viewKYCDocumentsChecks"
	ViewImages   Permission = "viewKYCDocumentsImages"
	CreateKYC    Permission = "createKYC"
	EditKYC      Permission = "editKYC" // scenarios and their secrets
	ReviewKYC    Permission = "reviewKYC"
	ExportKYC    Permission = "exportKYC"
	EraseKYC     Permission = "eraseKYC"
	ViewPersons  Permission = "viewPersons" // lists of faces, who is in them, searches
	EditPersons  Permission = "editPersons"
	ManageTokens Permission = "manageTokens"
	ManageUsers  Permission = "manageUsers"
	ViewAudit    Permission = "viewAudit"
)

// Permissions lists all of them.
func Permissions() []Permission {
	return []Permission{LogsKYC, ViewOCR, ViewChecks, ViewImages, CreateKYC, EditKYC, ReviewKYC, ExportKYC, EraseKYC, ViewPersons, EditPersons, ManageTokens, ManageUsers, ViewAudit}
}

// Account is one tenant.
type Account struct {
	ID        string // UUID version 1; the "owner id" of image addresses
	Name      string
	Key       []byte // wrapped account key
	CreatedAt time.Time
}

// User is a person who works in the dashboard.
type User struct {
	ID           string
	AccountID    string
	Email        string
	Role         Role
	PasswordHash string // PHC string
	Permissions  []Permission
	Disabled     bool
	CreatedAt    time.Time
}

// APIToken is a permanent token; its value is shown once and stored hashed.
type APIToken struct {
	ID          string
	AccountID   string
	Name        string
	Hash        []byte
	Permissions []Permission // empty: all
	ExpiresAt   time.Time    // zero: never
	CreatedAt   time.Time
	LastUsedAt  time.Time
}

// Login is one signed-in browser.
type Login struct {
	Hash      []byte // SHA-256 of the cookie's value
	UserID    string
	Address   string
	CreatedAt time.Time
	SeenAt    time.Time
	ExpiresAt time.Time
}

// Principal is who asks: the outcome of checking a credential.
type Principal struct {
	AccountID   string
	UserID      string // "" for an API token
	TokenID     string // "" for a person
	Name        string
	Role        Role
	Permissions []Permission
}

// Can tells whether the principal may do this. Admins and owners may do all.
func (p *Principal) Can(want Permission) bool {
	if p == nil {
		return false
	}
	if p.Role == RoleAdmin || p.Role == RoleOwner {
		return true
	}
	return slices.Contains(p.Permissions, want)
}
