//! Writes XML as Salesforce does: one line, text escaped throughout.

/// XML that is being written.
#[derive(Debug, Default)]
pub(crate) struct Xml(pub(crate) Vec<u8>);

impl Xml {
    /// Appends markup as it is.
    pub(crate) fn raw(&mut self, markup: &str) {
        self.0.extend_from_slice(markup.as_bytes());
    }

    /// Appends text, escaped.
    pub(crate) fn text(&mut self, text: &str) {
        escape(&mut self.0, text.as_bytes());
    }

    /// Opens an element.
    pub(crate) fn open(&mut self, name: &str) {
        self.raw("<");
        self.raw(name);
        self.raw(">");
    }

    /// Closes an element.
    pub(crate) fn close(&mut self, name: &str) {
        self.raw("</");
        self.raw(name);
        self.raw(">");
    }

    /// Writes an element with text.
    pub(crate) fn element(&mut self, name: &str, text: &str) {
        self.open(name);
        self.text(text);
        self.close(name);
    }

    /// Writes an element with text, or a nil one.
    pub(crate) fn nillable(&mut self, name: &str, text: Option<&str>) {
        match text {
            Some(text) => self.element(name, text),
            None => self.nil(name),
        }
    }

    /// Writes an element without a value.
    pub(crate) fn nil(&mut self, name: &str) {
        self.raw("<");
        self.raw(name);
        self.raw(" xsi:nil=\"true\"/>");
    }
}

/// Appends UTF-8 text to `out` so that it stands in an element: markup escaped, a carriage return kept from being
/// folded into a line feed, and control characters that XML cannot hold replaced by U+FFFD.
pub(crate) fn escape(out: &mut Vec<u8>, text: &[u8]) {
    let mut plain = 0;
    for (place, byte) in text.iter().enumerate() {
        if !IS_SPECIAL[usize::from(*byte)] {
            continue;
        }
        out.extend_from_slice(&text[plain..place]);
        out.extend_from_slice(entity(*byte));
        plain = place + 1;
    }
    out.extend_from_slice(&text[plain..]);
}

/// Which bytes cannot stand as they are. A table, since nearly all of an answer's bytes are looked at.
const IS_SPECIAL: [bool; 256] = {
    let mut special = [false; 256];
    let mut byte = 0;
    while byte < 0x20 {
        special[byte] = byte != b'\t' as usize && byte != b'\n' as usize;
        byte += 1;
    }
    special[b'&' as usize] = true;
    special[b'<' as usize] = true;
    special[b'>' as usize] = true;
    special[b'"' as usize] = true;
    special[b'\'' as usize] = true;
    special
};

const fn entity(byte: u8) -> &'static [u8] {
    match byte {
        b'&' => b"&amp;",
        b'<' => b"&lt;",
        b'>' => b"&gt;",
        b'"' => b"&quot;",
        b'\'' => b"&apos;",
        b'\r' => b"&#xD;",
        _ => "\u{fffd}".as_bytes(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped_as_recorded_and_stays_otherwise() {
        let mut xml = Xml::default();

        xml.element("a", "Tom & \"Jerry\" <o'k>\r\n\u{1}ä😀\t");

        let expected = "<a>Tom &amp; &quot;Jerry&quot; &lt;o&apos;k&gt;&#xD;\n\u{fffd}ä😀\t</a>";
        assert_eq!(String::from_utf8(xml.0).unwrap(), expected);
    }
}
