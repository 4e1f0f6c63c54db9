//! The answer to an authority that validates a name on the TLS port itself (TLS-ALPN-01, RFC 8737;
//! for addresses, RFC 8738): a certificate that only the account that ordered could create. Such a
//! connection carries nothing else.

use std::{collections::HashMap, net::IpAddr, sync::Arc};

use arc_swap::ArcSwap;
use rcgen::{CertificateParams, CustomExtension, DistinguishedName, KeyPair};
use rustls::{
    pki_types::{PrivateKeyDer, ServerName},
    server::ClientHello,
    sign::CertifiedKey,
};

use super::{TlsError, provider};

/// What an authority says in its handshake, and nobody else does.
pub(crate) const PROTOCOL: &[u8] = b"acme-tls/1";

/// Whether it is an authority that looks.
pub(super) fn asks(hello: &ClientHello<'_>) -> bool {
    hello.alpn().is_some_and(|mut protocols| protocols.any(|protocol| protocol == PROTOCOL))
}

/// The challenge certificates, by the name that is asked for.
#[derive(Debug, Default)]
pub(super) struct Challenges(ArcSwap<HashMap<String, Arc<CertifiedKey>>>);

impl Challenges {
    /// What is shown for this name; nothing while nobody was asked to look.
    pub(super) fn answer(&self, name: &str) -> Option<Arc<CertifiedKey>> {
        self.0.load().get(&name.to_ascii_lowercase()).cloned()
    }

    /// Shows for this name that we hold this digest.
    pub(super) fn show(&self, name: &ServerName<'_>, digest: &[u8]) -> Result<(), TlsError> {
        let proof = Arc::new(proof(name, digest)?);
        let mut all = HashMap::clone(&self.0.load());
        all.insert(asked_for(name), proof);
        self.0.store(Arc::new(all));
        Ok(())
    }

    /// Shows nothing any more.
    pub(super) fn clear(&self) {
        self.0.store(Arc::default());
    }
}

/// The certificate that proves it: for this name alone, and for nothing else.
fn proof(name: &ServerName<'_>, digest: &[u8]) -> Result<CertifiedKey, TlsError> {
    let mut params = CertificateParams::new([name.to_str().into_owned()])?;
    params.distinguished_name = DistinguishedName::new();
    params.custom_extensions = vec![CustomExtension::new_acme_identifier(digest)];
    let pair = KeyPair::generate()?;
    let made = params.self_signed(&pair)?;
    let key = PrivateKeyDer::Pkcs8(pair.serialize_der().into());
    // What is made for the authority alone, others cannot judge.
    let key = provider().key_provider.load_private_key(key).map_err(TlsError::Challenge)?;
    Ok(CertifiedKey::new(vec![made.der().clone()], key))
}

/// What a handshake calls it: an address has the name that leads back to it.
fn asked_for(name: &ServerName<'_>) -> String {
    match name {
        ServerName::IpAddress(address) => match IpAddr::from(*address) {
            IpAddr::V4(address) => {
                let [a, b, c, d] = address.octets();
                format!("{d}.{c}.{b}.{a}.in-addr.arpa")
            }
            IpAddr::V6(address) => {
                let digits = address.octets().into_iter().rev().flat_map(|byte| [byte & 15, byte >> 4]);
                digits.map(|digit| format!("{digit:x}.")).collect::<String>() + "ip6.arpa"
            }
        },
        name => name.to_str().to_ascii_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_asked_for_by_the_name_that_leads_back_to_it() {
        // RFC 8738, section 6.
        for (name, asked) in [
            ("192.0.2.1", "1.2.0.192.in-addr.arpa"),
            ("2001:db8::1", "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa"),
            ("Vote.example", "vote.example"),
        ] {
            assert_eq!(asked_for(&ServerName::try_from(name).unwrap()), asked);
        }
    }

    #[test]
    fn what_was_shown_is_gone_when_it_is_over() {
        let (challenges, name) = (Challenges::default(), ServerName::try_from("vote.example").unwrap());
        assert!(challenges.answer("vote.example").is_none());
        challenges.show(&name, &[7; 32]).unwrap();
        assert!(challenges.answer("VOTE.example").is_some() && challenges.answer("other.example").is_none());
        challenges.clear();
        assert!(challenges.answer("vote.example").is_none());
    }
}
