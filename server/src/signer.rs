//! Signs what people pass on and others want to rely on: Ed25519, with a key that all nodes share
//! and the database keeps.

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use base64::{Engine, engine::general_purpose::STANDARD};
use parterre_system::random;

/// What comes before the 32 bytes of an Ed25519 key in its public form (RFC 8410, 4).
const PUBLIC: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/// A key that signs.
pub struct Signer(Ed25519KeyPair);

impl Signer {
    /// A key as it is kept.
    pub fn make() -> String {
        STANDARD.encode(random::bytes::<32>())
    }

    /// The key that was kept so; none if it is none.
    pub fn open(kept: &str) -> Option<Self> {
        let seed = STANDARD.decode(kept).ok()?;
        Ed25519KeyPair::from_seed_unchecked(&seed).ok().map(Self)
    }

    /// The 64 bytes of the signature.
    pub fn sign(&self, text: &[u8]) -> Vec<u8> {
        self.0.sign(text).as_ref().to_vec()
    }

    /// Whether this key has signed this text.
    pub fn has_signed(&self, text: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, self.0.public_key().as_ref()).verify(text, signature).is_ok()
    }

    /// The key by which others check, in PEM.
    pub fn public_pem(&self) -> String {
        let key = STANDARD.encode([&PUBLIC, self.0.public_key().as_ref()].concat());
        format!("-----BEGIN PUBLIC KEY-----\n{key}\n-----END PUBLIC KEY-----\n")
    }
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Signer")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_signed_is_known_and_nothing_else() {
        let kept = Signer::make();
        let signer = Signer::open(&kept).unwrap();
        let signature = Signer::open(&kept).unwrap().sign(b"report");
        let public = UnparsedPublicKey::new(&ED25519, signer.0.public_key().as_ref());
        assert!(public.verify(b"report", &signature).is_ok());
        assert!(public.verify(b"Report", &signature).is_err());
        assert!(signer.has_signed(b"report", &signature));
        assert!(!signer.has_signed(b"Report", &signature) && !signer.has_signed(b"report", &signature[1..]));
        assert!(Signer::open("c2hvcnQ=").is_none());
        assert!(Signer::open("?").is_none());
    }
}
