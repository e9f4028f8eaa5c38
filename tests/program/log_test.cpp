#include "program/support/server_farm.hpp"
#include "program/support/shares_on_disk.hpp"

#include "truckee/crypto/base32.hpp"
#include "truckee/crypto/capability.hpp"
#include "truckee/crypto/keys.hpp"
#include "truckee/logs/events.hpp"

#include <csignal>
#include <fstream>
#include <set>

using namespace truckee;
using namespace truckee::test;

namespace {

std::string base64(byte_view data) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i + 3 <= data.size(); i += 3) {
    const auto word = load_be<std::uint8_t>(data.subspan(i)) << 16 |
                      load_be<std::uint8_t>(data.subspan(i + 1)) << 8 |
                      load_be<std::uint8_t>(data.subspan(i + 2));
    for (int shift = 18; shift >= 0; shift -= 6)
      out += digits[static_cast<std::size_t>(word >> shift) & 63];
  }
  return out;
}

/// The value of `key` in a line of key=value pairs, quotes and all.
bool has_key(const std::string& line, std::string_view key) {
  return line.find(" " + std::string(key) + "=") != line.npos || line.starts_with(std::string(key) + "=");
}

class log_of_the_program : public server_farm {
protected:
  /// As hexadecimal, base32 and base64; the beginning of a long secret stands for all of it.
  void add_secret(const std::string& name, byte_view secret) {
    secret = secret.first(std::min<std::size_t>(secret.size(), 48));
    secrets_[name + " as hex"] = to_hex(secret);
    secrets_[name + " as base32"] = crypto::to_base32(secret).substr(0, secret.size() * 8 / 5);
    secrets_[name + " as base64"] = base64(secret.first(secret.size() / 3 * 3));
  }

  void add_cap(const std::string& cap_file) {
    auto text = content(std::filesystem::path(cap_file).filename().string());
    text.erase(text.find_last_not_of(" \n") + 1);
    secrets_["the write cap"] = text;
    const auto cap = crypto::parse_capability(text);
    ASSERT_TRUE(cap);
    const auto& write = std::get<crypto::write_cap>(cap->file);
    const auto read = crypto::derive_read_key(write.key);
    const auto key = private_key_below(stores(), write.key);
    ASSERT_TRUE(key) << "no share to take it from";
    add_secret("private key", key->der().subspan(40)); // the beginning is the same for every key
    add_secret("write key", write.key.view());
    add_secret("read key", read.view());
    secrets_["the read cap"] =
        to_text(crypto::file_cap(crypto::read_cap{write.format, read, write.fingerprint}));
    for (std::size_t i = 0; i < servers; ++i) {
      const auto id = server_id::from(*crypto::from_base32(id_of(i)));
      add_secret("write enabler of s" + std::to_string(i),
                 crypto::derive_write_enabler(write.key, *id).view());
    }
  }

  /// The file's secret lines, without the PEM's own frame.
  void add_pem(const std::string& name, const std::filesystem::path& file) {
    std::ifstream in(file);
    int number = 0;
    for (std::string line; std::getline(in, line);)
      if (!line.starts_with("-----") && line.size() > 20)
        secrets_[name + " line " + std::to_string(++number)] = line;
    EXPECT_GT(number, 0) << file;
  }

  void expect_no_secret(const std::string& log) {
    for (const auto& [name, secret] : secrets_)
      EXPECT_EQ(log.find(secret), std::string::npos) << name << " stands in the log";
    for (const auto* text : {"URI:", "PRIVATE KEY"})
      EXPECT_EQ(log.find(text), std::string::npos) << text;
  }

  /// Everything a person does with a file, through a gateway over TLS, with all that can go wrong on the way;
  /// what all processes logged.
  std::string full_run(const std::string& format) {
    const arguments loud{"--log-level", "debug", "--log-format", format};
    server_options_ = loud;
    limits_ = "[limits]\nserver-deadline-seconds = 2\nconnect-timeout-seconds = 10\npatience-milliseconds = "
              "60000\nkeys-ready = 1\n";
    start_farm();
    const auto with = [&](arguments words) {
      words.insert(words.begin(), loud.begin(), loud.end());
      return words;
    };
    auto& gateway = start(with(on_grid({"gateway", "--listen", "127.0.0.1:0"})));
    const arguments tls{"--gateway", gateway.wait_for("listening on "), "--ca",  path("certs/ca.pem"),
                        "--cert",    path("certs/client.pem"),          "--key", path("certs/client.key")};
    std::string log;
    const auto run = [&](arguments words, const std::string& input = {}) {
      words.insert(words.begin(), tls.begin(), tls.end());
      const auto done = truckee(with(words), input);
      log += done.err;
      return done.code;
    };
    const auto cap = put_new("first", tls);
    add_cap(cap);
    EXPECT_EQ(run({"put", "-", "--cap-file", cap}, "second"), 0);
    EXPECT_EQ(run({"append", "-", "--cap-file", cap}, "third"), 0);
    EXPECT_EQ(run({"put", "-", "--cap-file", cap, "--if-version", "1"}, "lost"), 3);
    EXPECT_EQ(run({"get", "--cap-file", file("bad-cap", "URI:SSK:" + content("cap-1").substr(8, 30) + "\n")}),
              6);
    EXPECT_EQ(run({"get", "--cap-file", cap}), 0);
    // A share that was damaged on the disk is met, told of and mended.
    for (const auto& entry : std::filesystem::recursive_directory_iterator(stores() / "s4"))
      if (entry.is_regular_file() && entry.path().string().find("shares") != std::string::npos) {
        std::fstream share(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
        share.seekp(600);
        share << "damaged damaged damaged";
      }
    kill(2);
    run({"verify", "--cap-file", cap});
    EXPECT_EQ(run({"repair", "--cap-file", cap}), 0);
    // Two at a time, each a client of its own: one may lose.
    auto& one = start(with(on_grid({"put", file("a", noise(3'000'000)), "--cap-file", cap})));
    auto& two = start(with(on_grid({"put", file("b", noise(3'000'000, 2)), "--cap-file", cap})));
    log += one.wait().err + two.wait().err;
    const auto before = log.size();
    // Readable whoever won: healthy, or short of what the loser replaced.
    EXPECT_LE(run({"check", "--cap-file", cap, "--add-lease"}), 1) << log.substr(before);
    gateway.signal(SIGTERM);
    log += gateway.wait().err;
    for (std::size_t i = 0; i < servers; ++i) {
      server(i).signal(SIGTERM);
      log += server(i).wait().err;
    }
    for (const auto* key : {"ca", "client", "s1"})
      add_pem(std::string("TLS key of ") + key, path(std::string("certs/") + key + ".key"));
    add_pem("lease secret", data() / "truckee" / "private" / "secret");
    return log;
  }

  std::map<std::string, std::string> secrets_;
};

/// Lines of the log among what else went to standard error.
std::vector<std::string> log_lines(const std::string& text, const std::string& begin) {
  std::vector<std::string> out;
  for (const auto& line : lines_of(text))
    if (line.starts_with(begin))
      out.push_back(line);
  return out;
}

} // namespace

TEST_F(log_of_the_program, text_lines_of_a_full_run_have_the_declared_keys_and_no_secret) {
  const auto log = full_run("text");
  expect_no_secret(log);
  std::set<std::string> seen;
  for (const auto& line : log_lines(log, "time=")) {
    for (const auto& each : logs::all_events)
      if (has_key(line, "event") && line.find(" event=" + std::string(each.name) + " ") != line.npos) {
        seen.insert(std::string(each.name));
        std::istringstream keys{std::string(each.keys)};
        for (std::string key; keys >> key;)
          EXPECT_TRUE(has_key(line, key)) << key << ": " << line;
      }
  }
  for (const auto* name :
       {"client_started", "storage_started", "listening", "link_up", "link_down", "operation_begun",
        "operation_ended", "request_refused", "publish_ended", "shares_written", "map_made", "corrupt_share",
        "key_made", "keys_ready", "storage_request", "stopping", "stopped"})
    EXPECT_TRUE(seen.contains(name)) << name << " was never said";
}

TEST_F(log_of_the_program, json_lines_of_a_full_run_have_exactly_the_declared_keys_and_no_secret) {
  const auto log = full_run("json");
  expect_no_secret(log);
  std::map<std::string, const logs::event*> known;
  for (const auto& each : logs::all_events)
    known[std::string(each.name)] = &each;
  std::size_t count = 0;
  for (const auto& line : log_lines(log, "{\"time\"")) {
    ASSERT_TRUE(nlohmann::json::accept(line)) << line;
    const auto object = nlohmann::json::parse(line);
    const auto at = known.find(object["event"].get<std::string>());
    ASSERT_TRUE(at != known.end()) << line;
    EXPECT_EQ(object["level"], logs::to_text(at->second->severity)) << line;
    EXPECT_EQ(object["component"], logs::to_text(at->second->from)) << line;
    std::set<std::string> keys{"time", "level", "component", "event"};
    std::istringstream words{std::string(at->second->keys)};
    for (std::string key; words >> key;)
      keys.insert(key);
    for (const auto& [key, value] : object.items())
      EXPECT_TRUE(keys.erase(key) > 0) << key << ": " << line;
    EXPECT_TRUE(keys.empty()) << *keys.begin() << " is missing: " << line;
    ++count;
  }
  EXPECT_GT(count, 300);
}

TEST_F(log_of_the_program, a_put_without_trouble_logs_nothing) {
  const auto done = truckee({"put", "-"}, "quiet");
  EXPECT_EQ(done.code, 0);
  EXPECT_EQ(done.err.find("level="), std::string::npos) << done.err;
}

TEST_F(log_of_the_program, a_file_takes_the_log_and_levels_are_by_component) {
  const auto done = truckee({"--log-file", path("node.log"), "--log-level", "off", "--log-level",
                             "publish=debug", "--log-format", "json", "put", "-"},
                            "told");
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_EQ(done.err.find("component"), std::string::npos) << done.err;
  const auto lines = lines_of(content("node.log"));
  ASSERT_EQ(lines.size(), 11) << content("node.log"); // ten servers, and the end
  for (const auto& line : lines)
    EXPECT_EQ(nlohmann::json::parse(line)["component"], "publish") << line;
  EXPECT_EQ(nlohmann::json::parse(lines.back())["event"], "publish_ended");
}

TEST_F(log_of_the_program, words_that_are_none_are_named) {
  const auto level = truckee({"--log-level", "loud", "put", "-"}, "x");
  EXPECT_EQ(level.code, 2);
  EXPECT_NE(level.err.find("debug, info, warning, error, off"), std::string::npos) << level.err;
  const auto who = truckee({"--log-level", "lnk=info", "put", "-"}, "x");
  EXPECT_EQ(who.code, 2);
  EXPECT_NE(who.err.find("node, link, operation"), std::string::npos) << who.err;
  const auto file = truckee({"--log-file", path("no/such/folder.log"), "put", "-"}, "x");
  EXPECT_EQ(file.code, 2);
  EXPECT_NE(file.err.find("no/such/folder.log"), std::string::npos) << file.err;
}
