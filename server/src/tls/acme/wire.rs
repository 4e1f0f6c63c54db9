//! How the server speaks to the authority: HTTPS, each request with an end. Names and sizes are
//! what ACME needs, no more.

use std::{fs, path::Path, pin::Pin, sync::Arc, time::Duration};

use http_body_util::BodyExt;
use instant_acme::{BodyWrapper, BytesResponse, Error, HttpClient};
use rustls::pki_types::{CertificateDer, pem::PemObject};
use ureq::{
    Agent, Error as HttpError,
    http::{Request, Response},
    tls::{Certificate, RootCerts, TlsConfig},
};

use super::AcmeError;
use crate::tls::provider;

/// How long one request may take.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
/// The longest answer: a chain of certificates has some 10 KB.
const ANSWER_BYTES: u64 = 1024 * 1024;

/// A client that trusts whom the system trusts, and these certificates. Clones are one.
#[derive(Clone, Debug)]
pub(super) struct Wire(Agent);

impl Wire {
    /// With a file of further certificates.
    pub(super) fn new(ca: Option<&Path>) -> Result<Self, AcmeError> {
        // Where the system trusts nobody, the first request says so.
        let mut trusted = rustls_native_certs::load_native_certs().certs;
        if let Some(ca) = ca {
            let fail = |error: String| AcmeError::Ca { path: ca.display().to_string(), error };
            let bytes = fs::read(ca).map_err(|error| fail(error.to_string()))?;
            let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
            let found = found.ok().filter(|found| !found.is_empty());
            trusted.extend(found.ok_or_else(|| fail("it contains no certificate in PEM format".to_owned()))?);
        }
        let trusted = trusted.iter().map(|certificate| Certificate::from_der(certificate).to_owned());
        let tls = TlsConfig::builder()
            .unversioned_rustls_crypto_provider(provider())
            .root_certs(RootCerts::Specific(Arc::new(trusted.collect())))
            .build();
        let config = Agent::config_builder()
            .tls_config(tls)
            .https_only(true)
            // The response says what is wrong.
            .http_status_as_error(false)
            .timeout_global(Some(REQUEST_TIMEOUT));
        Ok(Self(config.build().new_agent()))
    }
}

impl HttpClient for Wire {
    fn request(
        &self,
        request: Request<BodyWrapper<bytes::Bytes>>,
    ) -> Pin<Box<dyn Future<Output = Result<BytesResponse, Error>> + Send>> {
        let agent = self.0.clone();
        Box::pin(async move {
            let (head, body) = request.into_parts();
            let Ok(body) = body.collect().await.map(http_body_util::Collected::to_bytes);
            let asked = tokio::task::spawn_blocking(move || answer(&agent, Request::from_parts(head, body)));
            let (head, body) = match asked.await {
                Ok(answer) => answer.map_err(|error| Error::Other(Box::new(error)))?.into_parts(),
                Err(error) => return Err(Error::Other(Box::new(error))),
            };
            Ok(BytesResponse { parts: head, body: Box::new(bytes::Bytes::from(body)) })
        })
    }
}

fn answer(agent: &Agent, request: Request<bytes::Bytes>) -> Result<Response<Vec<u8>>, HttpError> {
    let (head, body) = request.into_parts();
    let answer = if body.is_empty() {
        agent.run(Request::from_parts(head, ()))?
    } else {
        agent.run(Request::from_parts(head, &body[..]))?
    };
    let (head, mut body) = answer.into_parts();
    let body = body.with_config().limit(ANSWER_BYTES).read_to_vec()?;
    Ok(Response::from_parts(head, body))
}
