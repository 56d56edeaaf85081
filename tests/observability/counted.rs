//! What a test has counted.

use std::collections::BTreeMap;

use metrics_exporter_prometheus::PrometheusHandle;

/// What was counted, by the line that Prometheus reads: `name{labels}` and its value.
pub(crate) struct Counted(pub(crate) PrometheusHandle);

impl Counted {
    pub(crate) fn render(&self) -> String {
        self.0.render()
    }

    pub(crate) fn lines(&self) -> BTreeMap<String, f64> {
        let text = self.render();
        let lines = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
        lines
            .map(|line| line.rsplit_once(' ').unwrap())
            .map(|(name, value)| (name.to_owned(), value.parse().unwrap()))
            .collect()
    }

    /// The value of the one line of that name with these labels among its own.
    #[track_caller]
    pub(crate) fn value(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let lines = self.lines();
        let wanted: Vec<_> = labels.iter().map(|(label, value)| format!("{label}=\"{value}\"")).collect();
        let found = lines.iter().filter(|(line, _)| {
            let (own, labels) = line.split_once('{').unwrap_or((line, ""));
            own == name && wanted.iter().all(|wanted| labels.contains(wanted))
        });
        match found.collect::<Vec<_>>()[..] {
            [(_, value)] => *value,
            [] => 0.0,
            ref several => panic!("{name} {labels:?}: {several:?}"),
        }
    }

    /// What was counted under that name, by the value of one label.
    pub(crate) fn labels(&self, name: &str, label: &str) -> BTreeMap<String, f64> {
        let mut sums = BTreeMap::new();
        for (line, value) in self.lines() {
            let Some((own, labels)) = line.split_once('{') else { continue };
            let Some((_, rest)) = labels.split_once(&format!("{label}=\"")) else { continue };
            if own == name
                && let Some((text, _)) = rest.split_once('"')
            {
                *sums.entry(text.to_owned()).or_default() += value;
            }
        }
        sums
    }

    #[track_caller]
    pub(crate) fn assert(&self, name: &str, labels: &[(&str, &str)], value: f64) {
        assert!((self.value(name, labels) - value).abs() < 1e-9, "{name} {labels:?}: {:#?}", self.lines());
    }
}

/// A recorder for this thread, and what it counts.
macro_rules! counted {
    ($counted:ident) => {
        let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
        let $counted = $crate::counted::Counted(recorder.handle());
        let _guard = metrics::set_default_local_recorder(&recorder);
    };
}

pub(crate) use counted;
