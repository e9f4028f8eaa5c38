#include "truckee/actors/publish/publish_log.hpp"

#include <gtest/gtest.h>
#include <sstream>

using namespace truckee;
using namespace truckee::actors;

namespace {

server_id id_of(std::uint8_t number) {
  server_id out;
  out.data[0] = std::byte{number};
  return out;
}

grid::file_version version(std::uint64_t sequence) {
  grid::file_version out;
  out.sequence = sequence_number{sequence};
  out.k = 3;
  out.n = 10;
  return out;
}

server_list_ptr abc() {
  std::vector<server_entry> entries;
  for (std::uint8_t i = 0; i < 3; ++i) {
    server_entry entry;
    entry.name = std::string(1, static_cast<char>('a' + i));
    entry.id = id_of(i);
    entries.push_back(std::move(entry));
  }
  return std::make_shared<const server_list>(std::move(entries));
}

grid::publish_message message(grid::message_id id, std::uint8_t server,
                              grid::belief expect = grid::no_share{}) {
  grid::publish_message out;
  out.id = id;
  out.server = id_of(server);
  out.shares.push_back({{4}, grid::share_step::write, expect});
  return out;
}

/// The lines that `what` leaves, without their times.
std::vector<std::string> said(const std::function<void(publish_log&)>& what) {
  std::string text;
  {
    publish_log log(std::make_shared<logs::event_log>(logs::settings{}, logs::level::debug,
                                                      [&](std::string_view more) { text += more; }),
                    12, abc());
    what(log);
  }
  std::vector<std::string> out;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);)
    out.push_back(line.substr(line.find("event=")));
  return out;
}

} // namespace

TEST(publish_log, a_share_that_a_server_did_not_take_is_told_when_another_gets_it) {
  const auto lines = said([](publish_log& log) {
    log.sends(message(1, 0), {});
    log.answered(1, grid::write_outcome_kind::no_space);
    log.sends(message(2, 1), {});
    log.answered(2, grid::write_outcome_kind::written);
    log.answered(77, grid::write_outcome_kind::written);
  });
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0], "event=share_rehomed operation=12 share=4 from=a to=b reason=no_space");
}

TEST(publish_log, the_same_server_again_is_no_new_home) {
  EXPECT_TRUE(said([](publish_log& log) {
                log.sends(message(1, 0), {});
                log.answered(1, grid::write_outcome_kind::unknown);
                log.sends(message(2, 0), {});
              }).empty());
}

TEST(publish_log, an_older_share_that_the_map_did_not_show_is_told) {
  const auto lines = said([](publish_log& log) { log.sends(message(1, 2, version(3)), {}); });
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_TRUE(lines[0].starts_with("event=stale_share_met operation=12 server=c share=4 found=")) << lines[0];
}

TEST(publish_log, the_end_tells_accusations_hidden_versions_and_what_is_left_apart) {
  const auto lines = said([](publish_log& log) {
    grid::publish_report report;
    report.end = grid::publish_end::uncoordinated_write;
    report.version = version(5);
    report.surprises.push_back({{id_of(0), {1}}, version(4), version(6)});
    report.hidden.push_back({{id_of(1), {2}}, grid::no_share{}, version(7)});
    report.stale.emplace(grid::share_place{id_of(2), {3}}, version(2));
    report.unknown_servers.insert(id_of(2));
    log.ended(report, storage_index{}, {{stage::encrypt, 0.5}}, 99);
  });
  ASSERT_EQ(lines.size(), 5U);
  EXPECT_TRUE(lines[0].starts_with("event=uncoordinated_write operation=12 server=a share=1 ")) << lines[0];
  EXPECT_TRUE(lines[1].starts_with("event=hidden_version_met operation=12 server=b share=2 ")) << lines[1];
  EXPECT_TRUE(lines[2].starts_with("event=stale_share_left operation=12 server=c share=3 ")) << lines[2];
  EXPECT_EQ(lines[3], "event=unknown_write_left operation=12 server=c");
  EXPECT_TRUE(lines[4].starts_with("event=publish_ended operation=12 slot=aaaaa version=5 ")) << lines[4];
  EXPECT_NE(lines[4].find(" share_bytes=99 encrypt=0.5 encode=0 "), std::string::npos) << lines[4];
}

TEST(publish_log, what_began_on_a_kept_map_in_vain_is_nobodys_fault) {
  const auto lines = said([](publish_log& log) {
    grid::publish_report report;
    report.end = grid::publish_end::kept_map_stale;
    report.version = version(5);
    report.hidden.push_back({{id_of(1), {2}}, grid::no_share{}, version(7)});
    report.unknown_servers.insert(id_of(2));
    log.ended(report, storage_index{}, {}, 99);
  });
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_NE(lines[0].find(" outcome=cancelled "), std::string::npos) << lines[0];
}

TEST(publish_log, without_a_log_nothing_is_kept) {
  publish_log log({}, 12, abc());
  log.sends(message(1, 0), {});
  log.answered(1, grid::write_outcome_kind::no_space);
  log.ended({}, storage_index{}, {}, 0);
}
