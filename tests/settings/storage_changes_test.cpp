#include "truckee/settings/storage_changes.hpp"

#include <gtest/gtest.h>

using namespace truckee;
using namespace truckee::settings;

namespace {

storage_config parse(const std::string& text) {
  return parse_storage_file(text, "/etc/truckee/storage.toml").value();
}

using texts = std::vector<std::string>;

constexpr const char* plain = "[storage]\ndirectory = \"a\"\n";

} // namespace

TEST(storage_changes, the_same_file_changes_nothing) {
  const auto same = changes_between(parse(plain), parse(plain), false);
  EXPECT_TRUE(same.changed.empty());
  EXPECT_TRUE(same.needs_restart.empty());
}

TEST(storage_changes, what_a_running_store_takes_on) {
  const auto wanted =
      parse(std::string(plain) + "read-only = true\nreserved-space = 5\nshare-size-max = 7\n"
                                 "[expiry]\nmode = \"dry-run\"\ngrace-days = 2\ninterval-seconds = 9\n");
  const auto changes = changes_between(parse(plain), wanted, false);
  EXPECT_EQ(
      changes.changed,
      (texts{"read-only: no writes are taken", "[storage] reserved-space 5", "[storage] share-size-max 7",
             "[expiry] mode dry-run, grace-days 2, interval-seconds 9, unleased keep"}));
  EXPECT_TRUE(changes.needs_restart.empty());
  EXPECT_EQ(changes.in_use, wanted);
  EXPECT_EQ(changes_between(wanted, parse(plain), false).changed.front(), "writes are taken again");
}

TEST(storage_changes, other_tls_files_are_taken_on_but_not_whether_there_is_tls) {
  const auto tls = [](const std::string& name) {
    return parse(std::string(plain) + "[tls]\nca = \"ca\"\ncertificate = \"" + name + "\"\nkey = \"key\"\n");
  };
  const auto changes = changes_between(tls("a"), tls("b"), false);
  EXPECT_EQ(changes.changed, texts{"[tls] names other files"});
  EXPECT_TRUE(changes.needs_restart.empty());
  EXPECT_EQ(changes.in_use, tls("b"));
  EXPECT_EQ(changes_between(tls("a"), parse(plain), false).needs_restart, texts{"[tls]"});
}

TEST(storage_changes, a_store_that_was_opened_read_only_stays_so) {
  const auto now = parse(std::string(plain) + "read-only = true\n");
  const auto changes = changes_between(now, parse(plain), true);
  EXPECT_TRUE(changes.changed.empty());
  EXPECT_EQ(changes.needs_restart, texts{"[storage] read-only"});
  EXPECT_TRUE(changes.in_use.read_only);
}

TEST(storage_changes, what_only_a_new_process_takes_on_is_named_by_its_key) {
  const auto wanted =
      parse("[storage]\ndirectory = \"b\"\nlisten = \"127.0.0.1:7\"\nany-user = true\nname = \"x\"\n"
            "durability = \"none\"\nqueued-bytes = 1048576\nqueued-calls = 3\nspace-low = 1\n"
            "[tls]\nca = \"a\"\ncertificate = \"b\"\nkey = \"c\"\n"
            "[metrics]\nlisten = \"127.0.0.1:1\"\n[log]\nlevel = \"debug\"\n");
  const auto changes = changes_between(parse(plain), wanted, false);
  EXPECT_TRUE(changes.changed.empty());
  EXPECT_EQ(changes.needs_restart,
            (texts{"[storage] directory", "[storage] listen", "[storage] any-user", "[storage] name",
                   "[storage] queued-bytes", "[storage] queued-calls", "[storage] space-low",
                   "[storage] durability", "[tls]", "[metrics]", "[log]"}));
  EXPECT_EQ(changes.in_use, parse(plain));
}
