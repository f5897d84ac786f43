//! Makes what the crate writes for JUnit well-formed XML, whatever stories say.

/// Elements whose text stands in a CDATA section.
const ELEMENTS: [&str; 4] = ["system-out", "system-err", "failure", "error"];

const BEGIN: &str = "<![CDATA[";
const END: &str = "]]>";

/// A report whose sections end where they were meant to, without characters that XML does not have. The writer puts
/// texts into sections as they are, so one that contains `]]>` would end its own.
pub(super) fn well_formed(report: &str) -> String {
    let mut whole = String::with_capacity(report.len());
    let mut rest = report;
    while let Some((before, after)) = rest.split_once(BEGIN) {
        let Some(end) = end_of_section(after) else { break };
        whole.push_str(before);
        whole.push_str(BEGIN);
        whole.push_str(&after[..end].replace(END, "]]]]><![CDATA[>"));
        whole.push_str(END);
        rest = &after[end + END.len()..];
    }
    whole.push_str(rest);
    let is_xml = |c: char| !c.is_control() || matches!(c, '\t' | '\n' | '\r' | '\u{7f}'..='\u{9f}');
    whole.chars().map(|c| if is_xml(c) { c } else { char::REPLACEMENT_CHARACTER }).collect()
}

/// Where the section that a text begins in ends: before the end of its element.
fn end_of_section(text: &str) -> Option<usize> {
    let ends = ELEMENTS.iter().filter_map(|name| text.find(&format!("{END}</{name}>")));
    ends.min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_section_in_a_text_is_no_end() {
        let report = "<a><system-out><![CDATA[x ]]> y]]></system-out><failure m=\"f\"><![CDATA[]]>]]></failure></a>";
        let whole = well_formed(report);

        assert_eq!(
            whole,
            "<a><system-out><![CDATA[x ]]]]><![CDATA[> y]]></system-out><failure m=\"f\"><![CDATA[]]]]><![CDATA[>]]>\
             </failure></a>"
        );
        assert_eq!(well_formed("<a/>"), "<a/>");
    }

    #[test]
    fn characters_that_xml_does_not_have_are_replaced() {
        assert_eq!(well_formed("a\u{1}b\tc\n\u{85}"), "a\u{fffd}b\tc\n\u{85}");
    }
}
