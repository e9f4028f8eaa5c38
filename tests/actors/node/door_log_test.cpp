#include "truckee/actors/node/door_log.hpp"

#include <gtest/gtest.h>

using namespace truckee;

TEST(door_log, counts_all_that_knock_and_tells_of_some) {
  const auto count = std::make_shared<metrics::recorder>();
  std::vector<std::string> lines;
  actors::door_log log(
      count, std::make_shared<logs::event_log>(logs::level::info,
                                               [&](const logs::record& r) { lines.push_back(r.text()); }));
  constexpr auto many = 3 * actors::door_log::lines_at_once;
  for (std::size_t i = 0; i < many; ++i)
    log.refused("192.0.2.1:4401", "192.0.2.9:" + std::to_string(1000 + i),
                {doors::refusal::foreign_ca, "its certificate is not signed by our CA"});
  EXPECT_GE(lines.size(), actors::door_log::lines_at_once);
  EXPECT_LT(lines.size(), many) << "a stranger fills no disk";
  for (const auto* part : {"event=caller_refused", "address=192.0.2.1:4401", "source=192.0.2.9:1000",
                           "reason=foreign_ca", "not signed by our CA", "untold=0"})
    EXPECT_NE(lines.front().find(part), std::string::npos) << part << " is not in " << lines.front();
  EXPECT_NE(count->text().find("truckee_peers_refused_total{reason=\"foreign_ca\"} " + std::to_string(many)),
            std::string::npos);
}
