//! Stages beside a saved baseline. It holds ratios to a reference measured in the same run, not times, so that it
//! means something on another machine.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Write, stdout};
use std::path::Path;

use serde::Deserialize;

use crate::Failure;

/// What a bench is asked for besides measuring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// Nothing.
    Nothing,
    /// To tell how the ratios changed.
    Compare,
    /// To keep the ratios.
    Save,
}

impl Asked {
    /// As the command line says.
    pub fn of(mut arguments: impl Iterator<Item = String>) -> Self {
        let asked = |argument: String| match argument.as_str() {
            "--compare" => Some(Self::Compare),
            "--save" => Some(Self::Save),
            _ => None,
        };
        arguments.find_map(asked).unwrap_or(Self::Nothing)
    }
}

/// What criterion keeps of a bench, as far as it is of use here.
#[derive(Deserialize)]
struct Estimates {
    median: Estimate,
}

#[derive(Deserialize)]
struct Estimate {
    point_estimate: f64,
}

/// Saves the ratios of what criterion measured into `folder`, or prints them beside the saved ones. Nothing fails where
/// they changed: it is for a person to say why.
pub fn report(
    asked: Asked,
    folder: &Path,
    baseline: &Path,
    reference: &str,
) -> Result<(), Failure> {
    if asked == Asked::Nothing {
        return Ok(());
    }
    let ratios = ratios(folder, reference)?;
    if asked == Asked::Save {
        return Ok(fs::write(baseline, serde_json::to_string_pretty(&ratios)? + "\n")?);
    }
    let saved: BTreeMap<String, f64> = serde_json::from_str(&fs::read_to_string(baseline)?)?;
    let mut out = stdout();
    writeln!(
        out,
        "\n{:52} {:>9} {:>9} {:>9}",
        format!("times of: {reference}"),
        "saved",
        "now",
        "change"
    )?;
    for (name, now) in &ratios {
        match saved.get(name) {
            Some(before) => {
                let change = 100.0 * (now / before - 1.0);
                writeln!(out, "{name:52} {before:>9.3} {now:>9.3} {change:>+8.0}%")?;
            }
            None => writeln!(out, "{name:52} {:>9} {now:>9.3}", "new")?,
        }
    }
    for name in saved.keys().filter(|name| !ratios.contains_key(*name)) {
        writeln!(out, "{name:52} is in the baseline and was not measured")?;
    }
    Ok(())
}

fn ratios(folder: &Path, reference: &str) -> Result<BTreeMap<String, f64>, Failure> {
    let mut medians = BTreeMap::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        // Beside the benches lies criterion's own report.
        let Ok(text) = fs::read(entry.path().join("new/estimates.json")) else { continue };
        let estimates: Estimates = serde_json::from_slice(&text)?;
        medians.insert(name, estimates.median.point_estimate);
    }
    let reference = medians.remove(reference).ok_or("the reference was not measured")?;
    Ok(medians.into_iter().map(|(name, median)| (name, median / reference)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_are_those_of_medians_to_the_reference() {
        let folder = tempfile::tempdir().unwrap();
        for (name, median) in [("reference", 2.0), ("decode", 5.0)] {
            let new = folder.path().join(name).join("new");
            fs::create_dir_all(&new).unwrap();
            let text = format!(
                r#"{{"mean":{{"point_estimate":9}},"median":{{"point_estimate":{median}}}}}"#
            );
            fs::write(new.join("estimates.json"), text).unwrap();
        }
        fs::create_dir(folder.path().join("report")).unwrap();

        let ratios = ratios(folder.path(), "reference").unwrap();

        assert_eq!(ratios, BTreeMap::from([("decode".to_owned(), 2.5)]));
        assert!(super::ratios(folder.path(), "another").is_err());
    }

    #[test]
    fn what_is_asked_stands_on_the_command_line() {
        let of = |argument: &str| {
            Asked::of(["bench", "--bench", argument].map(String::from).into_iter())
        };
        assert_eq!(
            [of("--compare"), of("--save"), of("decode")],
            [Asked::Compare, Asked::Save, Asked::Nothing]
        );
    }
}
