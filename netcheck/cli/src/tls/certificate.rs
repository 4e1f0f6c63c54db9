//! What stands in a certificate.

use rustls::pki_types::CertificateDer;
use sha2::{Digest, Sha256};
use x509_parser::prelude::{FromDer, X509Certificate, X509Name};

/// The SHA-256 of a certificate, as browsers show it.
pub(super) fn fingerprint(certificate: &CertificateDer<'_>) -> String {
    Sha256::digest(certificate).iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(":")
}

/// From when until when a certificate is good, in milliseconds since 1970.
pub(super) fn period(certificate: &CertificateDer<'_>) -> Option<(f64, f64)> {
    let (_, read) = X509Certificate::from_der(certificate).ok()?;
    let validity = read.validity();
    let millis = |time: x509_parser::time::ASN1Time| time.timestamp() as f64 * 1000.0;
    Some((millis(validity.not_before), millis(validity.not_after)))
}

/// Whom a certificate is for, and who signed it.
pub(super) fn names(certificate: &CertificateDer<'_>) -> Option<(String, String)> {
    let (_, read) = X509Certificate::from_der(certificate).ok()?;
    Some((named(read.subject()), named(read.issuer())))
}

/// The common name with the organisation, or whatever is there.
fn named(name: &X509Name<'_>) -> String {
    let common = name.iter_common_name().next().and_then(|it| it.as_str().ok());
    let organisation = name.iter_organization().next().and_then(|it| it.as_str().ok());
    match (common, organisation) {
        (Some(common), Some(organisation)) if common != organisation => format!("{common} ({organisation})"),
        (Some(one), _) | (None, Some(one)) => one.to_owned(),
        (None, None) => name.to_string(),
    }
}
