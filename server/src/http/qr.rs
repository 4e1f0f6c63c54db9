//! Addresses as QR codes.

use fast_qr::{
    ECL, QRBuilder,
    convert::{Builder, Shape, svg::SvgBuilder},
};

use super::errors::Failure;

/// The address as a picture.
pub fn svg(address: &str) -> Result<String, Failure> {
    // Level M survives a lamp's reflection on the projection and keeps the squares large.
    let code = QRBuilder::new(address).ecl(ECL::M).build();
    let code = code.map_err(|_| Failure::malformed("This server's address is too long for a QR code."))?;
    Ok(SvgBuilder::default().shape(Shape::Square).margin(1).to_str(&code))
}
