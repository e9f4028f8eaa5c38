#include "edge/tools.hpp"
#include "truckee/metrics/families.hpp"

#include <algorithm>
#include <gtest/gtest.h>

using namespace truckee;
using namespace truckee::test;

namespace {

std::string operations() {
  return text_of(source() / "docs/operations.md");
}

} // namespace

TEST(operations, tell_of_every_metric_its_labels_and_meaning) {
  const auto text = operations();
  for (const auto& f : metrics::all_families) {
    const auto at = text.find("| `" + std::string(f.name) + "` |");
    ASSERT_NE(at, text.npos) << f.name;
    const auto row = text.substr(at, text.find('\n', at) - at);
    EXPECT_NE(row.find(f.help), row.npos) << row << "\nshould say: " << f.help;
    EXPECT_EQ(row.find("| " + std::string(f.labels.substr(0, f.labels.find(' ')))) == row.npos, false) << row;
  }
}

TEST(operations, name_no_metric_that_is_gone) {
  for (const auto& rest : after_each(operations(), "| `truckee_")) {
    const auto name = "truckee_" + rest.substr(0, rest.find('`'));
    EXPECT_TRUE(std::ranges::any_of(metrics::all_families, [&](const auto& f) { return f.name == name; }))
        << name;
  }
}

TEST(operations, explain_every_alert_and_say_what_to_do) {
  const auto text = operations();
  const auto alerts = after_each(text_of(configs() / "rules/alerts.yml"), "- alert: ");
  EXPECT_GE(alerts.size(), 10U);
  for (const auto& alert : alerts) {
    const auto at = text.find("### " + alert + "\n");
    ASSERT_NE(at, text.npos) << alert;
    const auto section = text.substr(at, text.find("\n#", at + 1) - at);
    EXPECT_NE(section.find("**Do:**"), section.npos) << alert;
  }
}
