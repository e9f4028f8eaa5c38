#include "truckee/status/as_json.hpp"
#include "truckee/status/markup.hpp"
#include "truckee/status/pages.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

using namespace truckee;
using namespace truckee::status;
using grid::share_state;
using nlohmann::json;

namespace {

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

messages::operation_detail failed_publish() {
  messages::operation_detail x;
  x.found = true;
  x.event.operation = 7;
  x.event.kind = operation_kind::publish;
  x.event.slot = "abcde";
  x.event.text = "Failed: not enough servers";
  x.event.finished = true;
  x.event.failure = errc::not_enough_servers;
  x.event.seconds = 2;
  x.event.progress = 0.5;
  x.stages = {{stage::setup, 0.1}, {stage::push, 1.5}};
  x.problems = {{"beta", server_outcome::unreachable, "connection refused", 0}};
  auto& p = x.publish.emplace();
  p.mode = publish_mode::update;
  p.version = sequence_number{4};
  p.spread = {1, 3, 2};
  p.servers = {"alpha", "beta"};
  p.shares = {{0, share_number{0}, share_state::placed}, {0, share_number{2}, share_state::failed}};
  p.messages = {{0, 2, server_outcome::written, "", 0.2, 0.05}};
  return x;
}

} // namespace

TEST(StatusMarkup, TextFromOthersIsNeverMarkup) {
  EXPECT_EQ(escaped("<b a='1' c=\"2\">&"), "&lt;b a=&#39;1&#39; c=&quot;2&quot;&gt;&amp;");
  EXPECT_EQ(escaped(std::string("a\0b", 3)), "a\xef\xbf\xbd"
                                             "b");
  const std::string evil = "\"><script>alert(1)</script>";
  auto x = failed_publish();
  x.event.slot = x.event.text = evil;
  x.problems = {{evil, server_outcome::failed, evil, 0}};
  x.publish->servers = {evil, evil};
  x.publish->messages = {{0, 1, server_outcome::failed, evil, 0, 0}};
  EXPECT_FALSE(has(operation_page(x), "<script>alert"));
  messages::status_reply s;
  s.running = s.waiting = s.recent = {x.event};
  s.servers = {{evil, evil, evil, link_state::unreachable, evil, 0, 0}};
  EXPECT_FALSE(has(overview_page(s), "<script>alert"));
}

TEST(StatusMarkup, WhatIsNotUtf8IsReplaced) {
  EXPECT_EQ(escaped("odd\xff"), "odd\xef\xbf\xbd");
  EXPECT_EQ(escaped("cut\xe2\x82"), "cut\xef\xbf\xbd\xef\xbf\xbd");
  EXPECT_EQ(escaped("Stra\xc3\x9f"
                    "e & \xe9\x9b\xaa"),
            "Stra\xc3\x9f"
            "e &amp; \xe9\x9b\xaa");
}

TEST(StatusMarkup, SizesAndTimesAreSaidInFittingUnits) {
  EXPECT_EQ(size_words(36), "36 B");
  EXPECT_EQ(size_words(1536), "1.5 KiB");
  EXPECT_EQ(size_words(1048575), "1.0 MiB");
  EXPECT_EQ(time_words(0.0004), "0.4 ms");
  EXPECT_EQ(time_words(0.25), "250 ms");
  EXPECT_EQ(time_words(3.21), "3.2 s");
  EXPECT_EQ(time_words(250), "4 min 10 s");
  EXPECT_EQ(time_words(7300), "2 h 1 min");
  EXPECT_EQ(clock_words(1'764'016'867'000), "2025-11-24 20:41:07 UTC");
}

TEST(StatusPages, NoPageHasAnInlineStyleOrScript) {
  for (const auto& text : {operation_page(failed_publish()), overview_page({})}) {
    EXPECT_FALSE(has(text, " style=")) << text;
    EXPECT_FALSE(has(text, "<style")) << text;
    EXPECT_FALSE(has(text, " onclick")) << text;
    EXPECT_TRUE(has(text, "<script src=\"/status.js\" defer></script>"));
  }
}

TEST(StatusPages, AShareIsToldByLetterAndByText) {
  const auto text = operation_page(failed_publish());
  EXPECT_TRUE(has(
      text,
      R"(<td class="cell placed"><span aria-hidden="true">P</span><span class="hidden">placed</span></td>)"))
      << text;
  EXPECT_TRUE(has(text, R"(<span aria-hidden="true">F</span><span class="hidden">failed</span>)")) << text;
  EXPECT_TRUE(has(text, "failed: 1")) << "the legend counts";
}

TEST(StatusPages, AServerThatWasNeverReachedHasARowWithItsReason) {
  const auto text = operation_page(failed_publish());
  EXPECT_TRUE(
      has(text, R"(<th scope="row">beta</th><td><ul><li><span class="badge failed">unreachable</span>)"))
      << text;
  EXPECT_TRUE(has(text, "connection refused"));
}

TEST(StatusPages, AnEndedOperationIsShownAsEnded) {
  const auto text = operation_page(failed_publish());
  EXPECT_TRUE(has(text, "not enough servers</span>")) << text;
  EXPECT_FALSE(has(text, "running")) << "nothing says it runs";
}

TEST(StatusPages, TheOverviewSaysWhetherEnoughServersAreThere) {
  messages::status_reply s;
  s.defaults = {1, 2, 2};
  s.servers = {{"alpha", "", "", link_state::ready, "", 0.001, 0},
               {"beta", "", "", link_state::unreachable, "refused", 0, 0}};
  EXPECT_TRUE(has(overview_page(s), R"(<div class="bad"><dt>Servers ready</dt><dd>1 of 2</dd></div>)"));
  s.servers[1].state = link_state::ready;
  EXPECT_TRUE(has(overview_page(s), R"(<div class="good"><dt>Servers ready</dt><dd>2 of 2</dd></div>)"));
}

TEST(StatusPages, TheOverviewSaysInWhichOrderFilesAreWrittenAndWhatStrictWritesCameTo) {
  messages::status_reply s;
  s.defaults = {3, 10, 7};
  EXPECT_TRUE(has(overview_page(s), "<dt>Writes</dt><dd>in place</dd>"));
  EXPECT_TRUE(has(overview_page(s), "3 of 10, happy with 7"));
  s.order = shares_order::strict;
  s.defaults.happy = 8;
  auto& ended = s.recent.emplace_back();
  ended.finished = ended.ok = true;
  ended.text = "Finished: published, on 9 of 10 servers, 8 needed";
  const auto text = overview_page(s);
  EXPECT_TRUE(has(text, "<dt>Writes</dt><dd>strictly, 8 servers confirm</dd>")) << text;
  EXPECT_TRUE(has(text, "3 of 10, on 8 servers at least"));
  EXPECT_TRUE(has(text, "published, on 9 of 10 servers, 8 needed</span>"));
  s.recent[0].text = "Finished";
  EXPECT_FALSE(has(overview_page(s), "Finished</span>")) << "the badge says that already";
}

TEST(StatusJson, AnOperationHasEverythingThePageShows) {
  const auto x = json::parse(as_json(failed_publish()));
  EXPECT_EQ(x["operation"], 7);
  EXPECT_EQ(x["active"], false);
  EXPECT_EQ(x["outcome"], "not_enough_servers");
  EXPECT_EQ(x["stages"]["push"], 1.5);
  EXPECT_EQ(x["problems"][0]["server"], "beta");
  EXPECT_EQ(x["publish"]["version"], 4);
  EXPECT_EQ(x["publish"]["shares"][1], (json{{"server", "alpha"}, {"share", 2}, {"state", "failed"}}));
  EXPECT_EQ(x["publish"]["messages"][0]["outcome"], "written");
}

TEST(StatusJson, BytesThatAreNotTextStillMakeJson) {
  auto x = failed_publish();
  x.event.text = "\xff\xfe";
  EXPECT_TRUE(json::accept(as_json(x)));
}
