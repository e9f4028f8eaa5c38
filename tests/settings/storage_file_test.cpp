#include "truckee/settings/storage_file.hpp"

#include "sample_keys.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

using namespace truckee;
using namespace truckee::settings;
using storage::expiry_mode;

namespace {

const auto sample = test::sample_config("storage.toml");

result<storage_config> parse(const std::string& text) {
  return parse_storage_file(text, "/etc/truckee/storage.toml");
}

/// The text is refused, at that line, in these words.
void expect_refused(const std::string& text, int line, const std::vector<std::string>& words) {
  const auto got = parse(text);
  ASSERT_FALSE(got) << text;
  EXPECT_EQ(got.error().code, errc::configuration);
  const auto& detail = got.error().detail;
  EXPECT_TRUE(detail.starts_with("/etc/truckee/storage.toml:" + std::to_string(line) + ": ")) << detail;
  for (const auto& word : words)
    EXPECT_NE(detail.find(word), std::string::npos) << "\"" << word << "\" is not in: " << detail;
}

} // namespace

TEST(storage_file, reads_every_key) {
  const auto got =
      parse("[storage]\ndirectory = \"stores/a\"\nlisten = \"192.0.2.7:4401\"\nname = \"alpha\"\n"
            "read-only = true\nreserved-space = \"10 GiB\"\nshare-size-max = 1000\n"
            "durability = \"none\"\n"
            "[expiry]\nmode = \"dry-run\"\ngrace-days = 7\nunleased = \"expire\"\n"
            "interval-seconds = 60\n"
            "[tls]\nca = \"ca.pem\"\ncertificate = \"/abs/a.pem\"\nkey = \"../a.key\"\n"
            "[metrics]\nlisten = \"127.0.0.1:9402\"\nuser = \"prometheus\"\n"
            "password-file = \"secret\"\n");
  ASSERT_TRUE(got) << to_string(got.error());
  storage_config expected;
  expected.directory = "/etc/truckee/stores/a";
  expected.listen = {"192.0.2.7", 4401};
  expected.name = "alpha";
  expected.read_only = true;
  expected.reserved_space = std::uint64_t{10} << 30;
  expected.share_bytes_max = 1000;
  expected.durability = storage::durability::none;
  expected.tls = tls::node_files{"/etc/truckee/ca.pem", "/abs/a.pem", "/etc/a.key"};
  expected.metrics = {
      address{"127.0.0.1", 9402}, settings::metrics_login{"prometheus", "/etc/truckee/secret"}, {}};
  expected.expiry = {expiry_mode::dry_run, std::chrono::days{7}, true, std::chrono::seconds{60}};
  EXPECT_EQ(*got, expected);
}

TEST(storage_file, what_is_left_out_has_the_commands_defaults_and_nothing_expires) {
  const auto got = parse("");
  ASSERT_TRUE(got);
  EXPECT_EQ(*got, storage_config{});
  EXPECT_EQ(got->expiry.mode, expiry_mode::off);
  EXPECT_FALSE(got->expiry.unleased);
}

TEST(storage_file, errors_name_the_line_the_key_and_what_is_expected) {
  expect_refused("[storage]\nread-only = 1\n", 2, {"[storage] read-only", "true or false", "a number"});
  expect_refused("[storage]\nlisten = \"4401\"\n", 2, {"[storage] listen", "port is missing"});
  expect_refused("[storage]\nname = \"a b\"\n", 2, {"[storage] name", "letters"});
  expect_refused("[storage]\nreserved-space = \"10 GB\"\n", 2, {"reserved-space", "GiB", "found \"10 GB\""});
  expect_refused("[storage]\nreserved-space = -1\n", 2, {"reserved-space", "found -1"});
  expect_refused("[storage]\nshare-size-max = 0\n", 2, {"share-size-max", "from 1", "found 0"});
  expect_refused("[storage]\nshare-size-max = true\n", 2, {"share-size-max", "true or false"});
  expect_refused("[storage]\ndurability = \"some\"\n", 2, {"durability", "\"full\", \"none\"", "\"some\""});
  expect_refused("[expiry]\nmode = true\n", 2, {"[expiry] mode", "\"dry-run\"", "found true or false"});
  expect_refused("[expiry]\nmode = \"On\"\n", 2, {"\"off\", \"dry-run\", \"on\"", "found \"On\""});
  expect_refused("[expiry]\ngrace-days = 0.5\n", 2, {"grace-days", "whole number"});
  expect_refused("[expiry]\ngrace-days = -1\n", 2, {"grace-days", "found -1"});
  expect_refused("[expiry]\nunleased = false\n", 2, {"unleased", "\"keep\", \"expire\""});
  expect_refused("[expiry]\ninterval-seconds = 0\n", 2, {"interval-seconds", "from 1 to"});
  expect_refused("expiry = \"on\"\n", 1, {"expiry", "expected a table"});
  expect_refused("[tls]\nca = \"a\"\ncertificate = \"b\"\n", 1, {"[tls]", "key: is missing"});
  expect_refused("[metrics]\nlisten = 9402\n", 2, {"[metrics] listen", "in quotes"});
}

TEST(storage_file, unknown_keys_are_errors_and_the_nearest_is_named) {
  expect_refused("[storage]\nreadonly = true\n", 2, {"did you mean \"read-only\"?"});
  expect_refused("[expiry]\ngrace = 3\n", 2, {"[expiry] grace"});
  expect_refused("[exipry]\nmode = \"on\"\n", 1, {"did you mean \"expiry\"?"});
  expect_refused("directory = \"a\"\n", 1, {"directory", "there is no such key"});
}

TEST(storage_file, what_is_not_toml_or_not_there_is_named) {
  expect_refused("[storage]\ndirectory = \n", 2, {"not TOML"});
  const auto missing = read_storage_file("/nowhere/storage.toml");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, errc::configuration);
  EXPECT_NE(missing.error().detail.find("/nowhere/storage.toml: cannot be read"), std::string::npos);
}

TEST(storage_file, a_server_needs_a_directory_and_a_read_only_store_removes_nothing) {
  storage_config config;
  ASSERT_FALSE(check(config));
  EXPECT_NE(check(config).error().detail.find("--directory"), std::string::npos);
  config.directory = "/srv/alpha";
  EXPECT_TRUE(check(config));
  config.name = "a b";
  EXPECT_FALSE(check(config));
  config.name = "a.b";
  config.read_only = true;
  config.expiry.mode = expiry_mode::dry_run;
  EXPECT_TRUE(check(config));
  config.expiry.mode = expiry_mode::on;
  ASSERT_FALSE(check(config));
  EXPECT_NE(check(config).error().detail.find("read-only"), std::string::npos);
}

TEST(storage_file, the_sample_has_every_key_and_shows_the_defaults) {
  const auto got = read_storage_file(sample);
  ASSERT_TRUE(got) << to_string(got.error());
  EXPECT_EQ(test::keys_in(sample), storage_file_keys());
  auto expected = storage_config{};
  expected.directory = sample.parent_path() / "alpha";
  expected.tls = got->tls;
  expected.metrics = got->metrics;
  expected.log = got->log;
  expected.gbs_listen = address{"127.0.0.1", 0};
  // The program's own, actors/server/storage_server.hpp: not set is the same.
  expected.queued_calls = 4096;
  expected.queued_bytes = 512ULL << 20;
  expected.space_low = 1ULL << 30;
  EXPECT_TRUE(*got == expected);
}

TEST(storage_file, endless_keys_are_refused_before_they_are_parsed) {
  const auto many = [](std::string part, std::size_t count) {
    std::string out = part;
    while (--count > 0)
      out += "." + part;
    return out;
  };
  for (const auto& text :
       {many("a", 40'000) + " = 1\n", "[" + many("a", 40'000) + "]\n",
        "x = {" + many("a", 40'000) + " = 1}\n", many("\"a\"", 40'000) + " = 1\n",
        many("'a' ", 40'000) + " = 1\n", "x = {y = \"\"\"a\"\"\"\", " + many("a", 40'000) + " = 1}\n",
        "x = {y = '''a'''', " + many("a", 40'000) + " = 1}\n"})
    expect_refused("\n" + text, 2, {"parts"});
  EXPECT_TRUE(parse("# " + many("a", 1000) + "\n[storage]\ndirectory = \"" + many("a", 1000) + "\" # " +
                    many("a", 99)))
      << "dots elsewhere are none of keys";
  EXPECT_TRUE(
      parse("[storage]\ndirectory = \"\"\"\n" + many("a", 1000) + "\\\"" + many("a", 1000) + "\"\"\""));
}

TEST(storage_file, no_message_speaks_to_the_terminal) {
  const auto refused = parse("[storage]\nread-only = fa\x1b]0;pwned\x07\n");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().detail.find('\x1b'), std::string::npos);
  EXPECT_EQ(refused.error().detail.find('\x07'), std::string::npos);
}

RC_GTEST_PROP(storage_file, no_text_crashes_it, ()) {
  const auto text = *rc::gen::arbitrary<std::string>();
  const auto got = parse(text);
  RC_ASSERT(got || got.error().code == errc::configuration);
}
