#include "truckee/logs/event_log.hpp"

#include "test_folder.hpp"

#include <atomic>
#include <fstream>
#include <gtest/gtest.h>
#include <mutex>
#include <nlohmann/json.hpp>
#include <regex>
#include <semaphore>
#include <set>
#include <sstream>
#include <thread>

using namespace truckee;
using namespace truckee::logs;

namespace {

/// Keeps what a log wrote.
struct lines {
  std::string text;
  line_writer writer() {
    return [this](std::string_view more) { text += more; };
  }
  std::vector<std::string> all() const {
    std::vector<std::string> out;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);)
      out.push_back(line);
    return out;
  }
};

std::string written(const settings& how, const std::function<void(event_log&)>& what,
                    level otherwise = level::debug) {
  lines out;
  {
    event_log log(how, otherwise, out.writer());
    what(log);
  }
  return out.text;
}

void link_down_because(event_log& log, std::string_view reason) {
  log.say(events::link_down, {{"server", "alpha"}, {"state", "unreachable"}, {"reason", reason}});
}

settings as_json() {
  settings out;
  out.format = line_format::json;
  return out;
}

} // namespace

TEST(event_log, writes_one_line_of_key_value_pairs_for_an_event) {
  const auto text = written({}, [](auto& log) { link_down_because(log, "no route"); });
  EXPECT_TRUE(std::regex_match(
      text, std::regex(R"(time=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z level=warning component=link )"
                       R"(event=link_down server=alpha state=unreachable reason="no route"\n)")))
      << text;
}

TEST(event_log, writes_one_json_object_a_line) {
  const auto text = written(as_json(), [](auto& log) {
    log.say(events::operation_ended, {{"operation", std::uint64_t{7}},
                                      {"kind", "publish"},
                                      {"slot", "abcde"},
                                      {"outcome", "ok"},
                                      {"detail", ""},
                                      {"seconds", 0.25}});
  });
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1);
  const auto line = nlohmann::json::parse(text);
  EXPECT_TRUE(std::regex_match(line["time"].get<std::string>(),
                               std::regex(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)")));
  EXPECT_EQ(line["level"], "info");
  EXPECT_EQ(line["component"], "operation");
  EXPECT_EQ(line["event"], "operation_ended");
  EXPECT_EQ(line["operation"], 7);
  EXPECT_EQ(line["seconds"], 0.25);
}

TEST(event_log, a_peers_text_can_forge_no_line_and_no_key) {
  const std::string evil = "x\" level=error\ntime=1 event=forged \r\x1b[2J \xe2\x80\xae \xff \\ {}";
  const auto text = written({}, [&](auto& log) { link_down_because(log, evil); });
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1) << text;
  EXPECT_TRUE(std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= ' ' && c <= '~') || c == '\n';
  })) << text;
  EXPECT_NE(text.find(R"(reason="x\" level=error\ntime=1 event=forged \x0d\x1b[2J)"), std::string::npos)
      << text;

  const auto object = written(as_json(), [&](auto& log) { link_down_because(log, evil); });
  EXPECT_EQ(std::count(object.begin(), object.end(), '\n'), 1) << object;
  EXPECT_TRUE(std::all_of(object.begin(), object.end(), [](char c) {
    return (c >= ' ' && c <= '~') || c == '\n';
  })) << object;
  const auto line = nlohmann::json::parse(object);
  EXPECT_EQ(line["event"], "link_down");
  EXPECT_EQ(line.size(), 7);
  EXPECT_TRUE(line["reason"].get<std::string>().starts_with("x\" level=error\ntime=1 event=forged"));
}

TEST(event_log, a_value_without_end_is_cut) {
  const auto text = written({}, [](auto& log) { link_down_because(log, std::string(100'000, 'a')); });
  EXPECT_LT(text.size(), event_log::value_bytes_max + 200);
}

TEST(event_log, numbers_that_json_has_not_stay_parseable) {
  const auto text = written(as_json(), [](auto& log) {
    log.say(events::stopped, {{"seconds", std::numeric_limits<double>::infinity()}});
    log.say(events::stopped, {{"seconds", std::numeric_limits<double>::quiet_NaN()}});
    log.say(events::stopped, {{"seconds", 1e-9}});
  });
  std::istringstream in(text);
  int count = 0;
  for (std::string line; std::getline(in, line); ++count)
    EXPECT_TRUE(nlohmann::json::accept(line)) << line;
  EXPECT_EQ(count, 3);
}

TEST(event_log, each_component_has_its_own_level) {
  settings how;
  how.least = level::warning;
  how.levels = {{component::keys, level::debug}, {component::link, level::off}};
  lines out;
  {
    event_log log(how, level::debug, out.writer());
    EXPECT_TRUE(log.wants(events::key_made));
    EXPECT_FALSE(log.wants(events::link_refused));
    EXPECT_FALSE(log.wants(events::listening));
    EXPECT_TRUE(log.wants(events::lying_server));
    log.say(events::key_made, {{"ready", 1}, {"wanted", 4}, {"seconds", 0.1}});
    log.say(events::listening, {{"what", "metrics"}, {"address", "127.0.0.1:1"}, {"tls", false}});
    link_down_because(log, "off");
  }
  ASSERT_EQ(out.all().size(), 1) << out.text;
  EXPECT_NE(out.text.find("event=key_made ready=1 wanted=4"), std::string::npos);
}

TEST(event_log, a_slow_writer_holds_nobody_up_and_what_was_dropped_is_told) {
  std::binary_semaphore go{0};
  std::atomic<bool> held = true;
  std::string text;
  {
    event_log log(
        {}, level::debug,
        [&](std::string_view more) {
          if (held.exchange(false))
            go.acquire();
          text += more;
        },
        16);
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < 1000; ++i)
      log.say(events::key_made, {{"ready", i}, {"wanted", 4}, {"seconds", 0.1}});
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
    go.release();
  }
  // Told once for each time the writer came back to its queue.
  const std::string told = "event=lines_dropped lines=";
  std::size_t dropped = 0;
  std::ptrdiff_t notices = 0;
  for (auto at = text.find(told); at != std::string::npos; at = text.find(told, at + 1), ++notices)
    dropped += std::stoul(text.substr(at + told.size()));
  EXPECT_GT(dropped, 900) << text;
  EXPECT_NE(text.find("ready=999 "), std::string::npos) << "the newest lines are kept: " << text;
  const auto lines_written = std::count(text.begin(), text.end(), '\n') - notices;
  EXPECT_EQ(dropped + static_cast<std::size_t>(lines_written), 1000) << text;
}

TEST(event_log, has_neither_thread_nor_queue_before_somebody_says_something) {
  const auto threads = [] {
    return std::distance(std::filesystem::directory_iterator("/proc/self/task"), {});
  };
  const auto before = threads();
  std::string text;
  {
    event_log log({}, level::warning, [&](std::string_view more) { text += more; });
    EXPECT_FALSE(log.wants(events::link_up));
    log.say(events::link_up, {{"server", "alpha"}});
    EXPECT_EQ(threads(), before);
    link_down_because(log, "first");
    EXPECT_EQ(threads(), before + 1);
  }
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1) << text;
}

TEST(event_log, a_host_gets_records_in_the_thread_that_speaks) {
  std::vector<std::string> heard;
  event_log log(level::info, [&](const record& r) {
    heard.push_back(std::string(to_text(r.severity)) + " " + std::string(to_text(r.from)) + " " + r.text());
    throw std::runtime_error("a host's mistake is not the speaker's");
  });
  EXPECT_TRUE(log.wants(events::link_up));
  EXPECT_FALSE(log.wants(events::link_connecting)) << "debug";
  log.say(events::link_down, {{"server", "s 1"}, {"state", "silent"}, {"reason", ""}});
  EXPECT_EQ(heard,
            std::vector<std::string>{R"(warning link event=link_down server="s 1" state=silent reason="")"});
}

TEST(event_log, without_a_log_an_event_costs_and_does_nothing) {
  const log_ptr none;
  EXPECT_FALSE(wants(none, events::link_refused));
  say(none, events::link_refused, {{"server", "alpha"}, {"reason", "test"}});
}

TEST(event_log, lines_from_many_threads_stay_whole) {
  const auto text = written(as_json(), [](auto& log) {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&log] {
        for (int i = 0; i < 500; ++i)
          link_down_because(log, "a reason with spaces");
      });
  });
  std::istringstream in(text);
  int count = 0;
  for (std::string line; std::getline(in, line); ++count)
    EXPECT_TRUE(nlohmann::json::accept(line)) << line;
  EXPECT_EQ(count, 2000);
}

TEST(event_log, appends_to_a_file_and_names_one_it_cannot_open) {
  test::folder place;
  const auto file = place / "node.log";
  std::ofstream(file) << "before\n";
  {
    auto to = log_file::open(file);
    ASSERT_TRUE(to) << to_string(to.error());
    event_log log({}, level::info, *to);
    log.say(events::stopping, {{"reason", "test"}});
  }
  std::ifstream in(file);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  EXPECT_TRUE(text.starts_with("before\ntime=")) << text;
  EXPECT_NE(text.find("event=stopping reason=test\n"), std::string::npos) << text;

  const auto no = log_file::open(place / "missing" / "node.log");
  ASSERT_FALSE(no);
  EXPECT_EQ(no.error().code, errc::configuration);
  EXPECT_NE(no.error().detail.find("missing/node.log"), std::string::npos) << no.error().detail;
}

TEST(event_log, goes_on_in_a_new_file_when_the_old_one_was_moved_away_and_loses_no_line) {
  test::folder place;
  const auto file = place / "node.log";
  constexpr int lines = 4000;
  {
    auto to = log_file::open(file);
    ASSERT_TRUE(to) << to_string(to.error());
    event_log log({}, level::info, *to);
    EXPECT_TRUE(event_log(level::info, record_sink([](const record&) {})).reopen()) << "it has no file";
    for (int i = 0; i < lines; ++i) {
      log.say(events::stopping, {{"reason", std::to_string(i)}});
      if (i == lines / 2) {
        std::filesystem::rename(file, place / "node.log.1");
        ASSERT_TRUE(log.reopen());
      }
    }
  }
  const auto text_of = [](const std::filesystem::path& path) {
    std::ifstream in(path);
    return std::string{std::istreambuf_iterator<char>(in), {}};
  };
  const auto after = text_of(file);
  EXPECT_NE(after.find("event=log_reopened file="), std::string::npos);
  EXPECT_NE(after.find("reason=" + std::to_string(lines - 1) + "\n"), std::string::npos);
  const auto all = text_of(place / "node.log.1") + after;
  int next = 0;
  std::istringstream in(all);
  for (std::string line; std::getline(in, line);)
    if (line.find("event=stopping") != std::string::npos) {
      EXPECT_TRUE(line.ends_with(" event=stopping reason=" + std::to_string(next))) << line;
      ++next;
    }
  EXPECT_EQ(next, lines);
}

TEST(event_log, stays_with_the_old_file_where_no_new_one_can_be_opened) {
  test::folder place;
  std::filesystem::create_directory(place / "logs");
  const auto moved = place / "moved";
  {
    event_log log({}, level::info, *log_file::open(place / "logs" / "node.log"));
    std::filesystem::rename(place / "logs", moved);
    EXPECT_FALSE(log.reopen());
    log.say(events::stopping, {{"reason", "later"}});
  }
  std::ifstream in(moved / "node.log");
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  EXPECT_NE(text.find("reason=later"), std::string::npos);
}

TEST(log_events, have_names_of_their_own_and_say_what_they_mean) {
  std::set<std::string_view> names;
  for (const auto& each : all_events) {
    EXPECT_TRUE(names.insert(each.name).second) << each.name << " stands twice";
    EXPECT_FALSE(each.keys.empty()) << each.name;
    EXPECT_TRUE(each.help.ends_with('.')) << each.name;
    EXPECT_NE(each.severity, level::off) << each.name;
  }
}

TEST(log_events, each_is_explained_in_the_operators_guide) {
  std::ifstream in(std::string(TRUCKEE_TEST_DATA) + "/../../docs/operations.md");
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  const auto section = text.find("## Log events");
  ASSERT_NE(section, std::string::npos);
  const auto end = text.find("\n## ", section + 1);
  const auto part = text.substr(section, end == text.npos ? text.npos : end - section);
  std::set<std::string> told;
  const std::regex row(R"(\n\| `([a-z_]+)` \|)");
  for (auto at = std::sregex_iterator(part.begin(), part.end(), row); at != std::sregex_iterator(); ++at)
    told.insert((*at)[1]);
  for (const auto& each : all_events)
    EXPECT_TRUE(told.erase(std::string(each.name)) > 0) << each.name << " is not in docs/operations.md";
  for (const auto& name : told)
    ADD_FAILURE() << "docs/operations.md explains " << name << ", which is no event";
}

TEST(log_words, are_read_as_they_are_written) {
  for (std::uint8_t i = 0; i < level_count; ++i)
    EXPECT_EQ(level_named(to_text(static_cast<level>(i))), static_cast<level>(i));
  for (std::uint8_t i = 0; i < component_count; ++i)
    EXPECT_EQ(component_named(to_text(static_cast<component>(i))), static_cast<component>(i));
  EXPECT_EQ(line_format_named("json"), line_format::json);
  EXPECT_EQ(level_named("verbose"), std::nullopt);
  EXPECT_EQ(component_named(""), std::nullopt);
  EXPECT_EQ(level_words(), "debug, info, warning, error, off");
}
