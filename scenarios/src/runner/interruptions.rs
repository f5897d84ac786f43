//! Steps that interrupt an import or what it tells people, and the tag of stories that have one.

/// The tag of stories in which something is interrupted.
pub(super) const TAG: &str = "interruption";

/// Steps that end an import's process, lose its answers, or take it what it needs.
pub(crate) const OF_IMPORTS: &[&str] = &[
    "the answer to the create of the {word} {string} is lost",
    "the create of the {word} {string} never reaches Autotask",
    "the answer to the next change of a {word} is lost",
    "Salesforce answers the next {word} with the fault {string}",
    "Salesforce answers the next {word} with HTTP status {int}",
    "Salesforce's answer to the next {word} is cut off after {int} bytes",
    "Autotask answers the next query with HTTP status {int}",
    "Autotask is down",
    "Salesforce is down",
    "the importer is killed once Autotask has made the {word} {string}",
    "the importer is killed before Autotask makes the {word} {string}",
    "the importer is killed while it changes a {word}",
    "the importer runs and waits for the answer to the create of the {word} {string}",
];

/// Steps that keep e-mails from arriving.
#[cfg(test)]
const OF_MAILS: &[&str] =
    &["the mail server is down", "the mail server drops the connection after taking the next mail"];

#[cfg(test)]
mod tests {
    use cucumber::feature::Ext as _;
    use cucumber::gherkin::{Feature, GherkinEnv, Scenario};

    use super::super::vocabulary::FEATURES;
    use super::*;
    use crate::runner::Step;

    fn interrupts(scenario: &Scenario) -> bool {
        scenario.steps.iter().any(|step| {
            let meant = Step::meant(&step.value).map(|step| step.pattern);
            meant.is_some_and(|step| OF_IMPORTS.contains(&step) || OF_MAILS.contains(&step))
        })
    }

    #[test]
    fn the_stories_that_interrupt_something_bear_the_tag_and_no_others() {
        for (file, text) in FEATURES {
            let feature = Feature::parse(text, GherkinEnv::default()).unwrap();
            // The places of outlines that examples fill are no words of a step.
            let feature = feature.expand_examples().unwrap();
            for scenario in &feature.scenarios {
                let mut tags = feature.tags.iter().chain(&scenario.tags);

                assert_eq!(
                    tags.any(|tag| tag == TAG),
                    interrupts(scenario),
                    "{file}: {}",
                    scenario.name
                );
            }
        }
    }

    #[test]
    fn every_interruption_is_a_step() {
        for pattern in OF_IMPORTS.iter().chain(OF_MAILS) {
            assert!(Step::all().iter().any(|step| step.pattern == *pattern), "{pattern:?}");
        }
    }
}
