#include "edge/tools.hpp"
#include "test_folder.hpp"
#include "truckee/metrics/families.hpp"

#include <algorithm>
#include <fstream>
#include <gtest/gtest.h>
#include <map>
#include <set>
#include <sstream>

using namespace truckee;
using namespace truckee::test;

namespace {

void expect_fine(const process_result& done) {
  EXPECT_EQ(done.code, 0) << done.out << done.err;
}

std::set<std::string> alerts() {
  const auto names = after_each(text_of(configs() / "rules/alerts.yml"), "- alert: ");
  return {names.begin(), names.end()};
}

/// Every word that looks like a family of ours, without what a histogram's series append.
std::set<std::string> families_in(const std::string& text) {
  std::set<std::string> out;
  const auto in_name = [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; };
  for (std::size_t at = 0; (at = text.find("truckee_", at)) != text.npos;) {
    const auto end = std::find_if_not(text.begin() + static_cast<std::ptrdiff_t>(at), text.end(), in_name);
    std::string word(text.begin() + static_cast<std::ptrdiff_t>(at), end);
    // A recorded series has colons around the name.
    const bool recorded = (at > 0 && text[at - 1] == ':') || (end != text.end() && *end == ':');
    at += word.size();
    for (const std::string tail : {"_bucket", "_sum", "_count"})
      if (word.ends_with(tail))
        word.resize(word.size() - tail.size());
    if (!recorded)
      out.insert(word);
  }
  return out;
}

void expect_known_families(const std::filesystem::path& file) {
  for (const auto& name : families_in(text_of(file)))
    EXPECT_TRUE(std::ranges::any_of(metrics::all_families, [&](const auto& f) { return f.name == name; }))
        << file << " asks for " << name << ", which nobody counts";
}

} // namespace

TEST(rules, promtool_finds_nothing_wrong_with_them_and_the_configuration) {
  const folder scratch;
  std::filesystem::copy(configs() / "prometheus.yml", scratch / "prometheus.yml");
  std::filesystem::copy(configs() / "rules", scratch / "rules");
  std::ofstream(scratch / "truckee-targets.json") << "[]";
  expect_fine(run_tool("promtool", {"check", "config", "--lint-fatal", "prometheus.yml"}, scratch.path()));
  expect_fine(run_tool("promtool",
                       {"check", "rules", "--lint-fatal", "rules/recording.yml", "rules/alerts.yml"},
                       scratch.path()));
}

TEST(rules, alerts_fire_and_are_silent_as_their_tests_say) {
  const folder scratch;
  expect_fine(run_tool("promtool", {"test", "rules", (configs() / "rules/alerts_test.yml").string()},
                       scratch.path()));
}

TEST(rules, every_alert_is_tested_firing_and_silent) {
  std::set<std::string> firing, silent;
  std::string alert;
  std::istringstream lines(text_of(configs() / "rules/alerts_test.yml"));
  for (std::string line; std::getline(lines, line);) {
    if (const auto at = line.find("alertname: "); at != line.npos) {
      alert = line.substr(at + 11);
      alert.erase(std::min(alert.find(','), alert.size()));
    }
    if (line.find("exp_alerts: []") != line.npos)
      silent.insert(alert);
    else if (line.find("- exp_labels:") != line.npos)
      firing.insert(alert);
  }
  EXPECT_GE(alerts().size(), 10U);
  EXPECT_EQ(firing, alerts());
  EXPECT_EQ(silent, alerts());
}

TEST(rules, nothing_asks_for_a_metric_that_does_not_exist) {
  expect_known_families(configs() / "rules/recording.yml");
  expect_known_families(configs() / "rules/alerts.yml");
  expect_known_families(configs() / "rules/alerts_test.yml");
  expect_known_families(configs() / "grafana-dashboard.json");
  expect_known_families(configs() / "consoles/truckee.html");
}
