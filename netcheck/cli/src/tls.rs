//! TLS as this device sees it: what is agreed on, which certificates are shown, and who trusts them.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use netcheck_rules::{Tls, Trouble, Trust};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
    client::{
        Resumption, WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{CryptoProvider, ring},
    pki_types::{CertificateDer, ServerName, UnixTime},
    version::{TLS12, TLS13},
};
use sha2::{Digest, Sha256};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use x509_parser::prelude::{FromDer, X509Certificate, X509Name};

use crate::{
    clock,
    line::{BoxStream, OPEN, trouble_of},
};

/// Whom this device trusts, and whom all browsers do.
#[derive(Debug)]
pub(crate) struct Trusted {
    provider: Arc<CryptoProvider>,
    public: Arc<WebPkiServerVerifier>,
    device: Option<Arc<WebPkiServerVerifier>>,
}

/// What a look at a connection showed.
pub(crate) struct SeenCertificates {
    pub(crate) tls: Tls,
    /// How later connections are made: to whoever shows this certificate, trusted or not, or another one that is trusted. Nothing
    /// secret goes over them.
    pub(crate) config: Arc<ClientConfig>,
    /// The HTTP that was agreed on.
    pub(crate) protocol: String,
}

impl Trusted {
    pub(crate) fn load() -> anyhow::Result<Self> {
        let provider = Arc::new(ring::default_provider());
        let verifier = |certificates: Vec<CertificateDer<'static>>| {
            let mut roots = RootCertStore::empty();
            roots.add_parsable_certificates(certificates);
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider)).build()
        };
        let public = verifier(webpki_root_certs::TLS_SERVER_ROOT_CERTS.to_vec())?;
        // A device may have none of its own.
        let device = verifier(rustls_native_certs::load_native_certs().certs).ok();
        Ok(Self { provider, public, device })
    }

    /// Looks at who answers: `connect` makes the connection below TLS, once for each version.
    pub(crate) async fn look<F>(&self, host: &str, connect: impl Fn() -> F) -> Result<SeenCertificates, Trouble>
    where
        F: Future<Output = Result<BoxStream, Trouble>>,
    {
        let name = server_name(host).ok_or(Trouble::NoAnswer)?;
        let seen = Arc::new(RecordingVerifier { provider: Arc::clone(&self.provider), chain: Mutex::default() });
        let alpn = || vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let with = |versions: &[&'static rustls::SupportedProtocolVersion]| {
            let builder = ClientConfig::builder_with_provider(Arc::clone(&self.provider));
            let builder = builder.with_protocol_versions(versions).expect("ring has suites for both versions");
            let verifier = Arc::clone(&seen) as Arc<dyn ServerCertVerifier>;
            let mut config = builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth();
            // Who comes back in a session of before is shown no certificate.
            config.resumption = Resumption::disabled();
            config.alpn_protocols = alpn();
            Arc::new(config)
        };
        let shake = async |config: Arc<ClientConfig>| {
            let stream = connect().await?;
            let began = Instant::now();
            let handshake = TlsConnector::from(config).connect(name.clone(), stream);
            let stream = timeout(OPEN, handshake).await.map_err(|_| Trouble::Silent)?.map_err(|e| trouble_of(&e))?;
            let connection = stream.get_ref().1;
            let protocol = connection.alpn_protocol().map(|it| String::from_utf8_lossy(it).into_owned());
            Ok::<_, Trouble>((began.elapsed(), protocol))
        };
        let (took, protocol) = shake(with(&[&TLS13, &TLS12])).await?;
        let chain = seen.chain.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut versions = Vec::new();
        for (text, version) in [("1.3", &TLS13), ("1.2", &TLS12)] {
            if shake(with(&[version])).await.is_ok() {
                versions.push(text.to_owned());
            }
        }
        let leaf = chain.first().ok_or(Trouble::NoAnswer)?;
        let (now, period) = (clock::now_ms(), period(leaf));
        let mut tls = Tls {
            ms: took.as_secs_f64() * 1000.0,
            versions,
            sha256: fingerprint(leaf),
            issuer: names(leaf).map(|(_, issuer)| issuer).unwrap_or_default(),
            chain: chain.iter().take(8).filter_map(names).map(|(subject, _)| subject).collect(),
            trust: self.judge(&chain, &name, UnixTime::now()),
            good: period.map(|(from, until)| (from - now, until - now)),
            trust_in_time: None,
        };
        if let (Trust::Expired, Some((from, until))) = (tls.trust, period) {
            let within = UnixTime::since_unix_epoch(Duration::from_millis(((from + until) / 2.0).max(0.0) as u64));
            tls.trust_in_time = Some(self.judge(&chain, &name, within));
        }
        let known = PinnedVerifier {
            leaf: leaf.clone(),
            provider: Arc::clone(&self.provider),
            public: Arc::clone(&self.public),
        };
        let builder = ClientConfig::builder_with_provider(Arc::clone(&self.provider));
        let builder = builder.with_safe_default_protocol_versions().expect("ring has suites for all versions");
        let mut config = builder.dangerous().with_custom_certificate_verifier(Arc::new(known)).with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(SeenCertificates {
            tls,
            config: Arc::new(config),
            protocol: protocol.unwrap_or_else(|| "http/1.1".to_owned()),
        })
    }

    fn judge(&self, chain: &[CertificateDer<'static>], name: &ServerName<'_>, at: UnixTime) -> Trust {
        let Some((leaf, between)) = chain.split_first() else { return Trust::Nobody };
        let by = |verifier: &WebPkiServerVerifier| verifier.verify_server_cert(leaf, between, name, &[], at).err();
        let Some(why) = by(&self.public) else { return Trust::Public };
        match self.device.as_ref().map_or(Some(why), |device| by(device)) {
            None => Trust::Device,
            Some(Error::InvalidCertificate(
                CertificateError::Expired
                | CertificateError::ExpiredContext { .. }
                | CertificateError::NotValidYet
                | CertificateError::NotValidYetContext { .. },
            )) => Trust::Expired,
            Some(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) => Trust::Name,
            Some(_) => Trust::Nobody,
        }
    }
}

/// The name that TLS begins with.
pub(crate) fn server_name(host: &str) -> Option<ServerName<'static>> {
    ServerName::try_from(host.to_owned()).ok()
}

/// The SHA-256 of a certificate, as browsers show it.
fn fingerprint(certificate: &CertificateDer<'_>) -> String {
    Sha256::digest(certificate).iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(":")
}

/// From when until when a certificate is good, in milliseconds since 1970.
fn period(certificate: &CertificateDer<'_>) -> Option<(f64, f64)> {
    let (_, read) = X509Certificate::from_der(certificate).ok()?;
    let validity = read.validity();
    let millis = |time: x509_parser::time::ASN1Time| time.timestamp() as f64 * 1000.0;
    Some((millis(validity.not_before), millis(validity.not_after)))
}

/// Whom a certificate is for, and who signed it.
fn names(certificate: &CertificateDer<'_>) -> Option<(String, String)> {
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

/// Takes down the certificates that are shown, whoever shows them. Only to look: nothing is asked over such a connection.
#[derive(Debug)]
struct RecordingVerifier {
    provider: Arc<CryptoProvider>,
    chain: Mutex<Vec<CertificateDer<'static>>>,
}

/// Accepts whom a look has shown, and whom all browsers trust.
#[derive(Debug)]
struct PinnedVerifier {
    leaf: CertificateDer<'static>,
    provider: Arc<CryptoProvider>,
    public: Arc<WebPkiServerVerifier>,
}

macro_rules! signatures_are_checked {
    () => {
        fn verify_tls12_signature(
            &self,
            message: &[u8],
            certificate: &CertificateDer<'_>,
            signed: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, Error> {
            let algorithms = &self.provider.signature_verification_algorithms;
            rustls::crypto::verify_tls12_signature(message, certificate, signed, algorithms)
        }

        fn verify_tls13_signature(
            &self,
            message: &[u8],
            certificate: &CertificateDer<'_>,
            signed: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, Error> {
            let algorithms = &self.provider.signature_verification_algorithms;
            rustls::crypto::verify_tls13_signature(message, certificate, signed, algorithms)
        }

        fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
            self.provider.signature_verification_algorithms.supported_schemes()
        }
    };
}

impl ServerCertVerifier for RecordingVerifier {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let all = std::iter::once(leaf).chain(between).map(|it| it.clone().into_owned()).collect();
        *self.chain.lock().unwrap_or_else(PoisonError::into_inner) = all;
        Ok(ServerCertVerified::assertion())
    }

    signatures_are_checked!();
}

impl ServerCertVerifier for PinnedVerifier {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if leaf.as_ref() == self.leaf.as_ref() {
            return Ok(ServerCertVerified::assertion());
        }
        self.public.verify_server_cert(leaf, between, name, ocsp, now)
    }

    signatures_are_checked!();
}
