package main

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"os"

	"github.com/open-policy-agent/opa/v1/bundle"
	"github.com/open-policy-agent/opa/v1/loader"
	"github.com/rogpeppe/go-internal/testscript"
)

// scriptKeys is "keys PRIVATE PUBLIC": a key to sign bundles with.
func scriptKeys(ts *testscript.TestScript, _ bool, args []string) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	ts.Check(err)
	private, err := x509.MarshalPKCS8PrivateKey(key)
	ts.Check(err)
	public, err := x509.MarshalPKIXPublicKey(key.Public())
	ts.Check(err)
	for i, block := range []*pem.Block{{Type: "PRIVATE KEY", Bytes: private}, {Type: "PUBLIC KEY", Bytes: public}} {
		ts.Check(os.WriteFile(ts.MkAbs(args[i]), pem.EncodeToMemory(block), 0o600))
	}
}

// scriptBundle is "bundle FILE DIR [PRIVATE]": what "opa build" and "opa sign" make of a directory.
func scriptBundle(ts *testscript.TestScript, _ bool, args []string) {
	built, err := loader.NewFileLoader().AsBundle(ts.MkAbs(args[1]))
	ts.Check(err)
	if len(args) > 2 {
		private, err := os.ReadFile(ts.MkAbs(args[2]))
		ts.Check(err)
		ts.Check(built.GenerateSignature(bundle.NewSigningConfig(string(private), "RS256", ""), "", false))
	}
	var out bytes.Buffer
	ts.Check(bundle.NewWriter(&out).DisableFormat(true).Write(*built))
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), out.Bytes(), 0o600))
}
