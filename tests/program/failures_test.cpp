#include "program/support/program.hpp"

#include <fstream>
#include <regex>

using namespace truckee::test;

namespace {

/// Wrong input of every kind: the exit code, the words, and clean outputs.
class failures : public program_test {
protected:
  process_result expect(int code, const std::string& says, const arguments& words,
                        const std::string& input = {}) {
    const auto done = truckee(words, input);
    std::string line;
    for (const auto& word : words)
      line += " " + word;
    EXPECT_EQ(done.code, code) << line << ": " << done.err;
    EXPECT_NE(done.err.find(says), std::string::npos) << line << ": " << done.err;
    EXPECT_EQ(done.out, "") << line << ": nothing but data goes to standard output";
    EXPECT_FALSE(std::regex_search(done.err, std::regex("URI:[A-Z2-]+(-[A-Za-z]+)?:[a-z2-7]")))
        << line << ": a capability on standard error: " << done.err;
    return done;
  }
  std::string cap_text(const char* kind) {
    if (!std::filesystem::exists(path("cap-1")))
      put_new("content");
    const auto done = truckee({"cap", "--cap-file", path("cap-1"), kind});
    EXPECT_EQ(done.code, 0) << done.err;
    return done.out;
  }
  /// Changes one byte near the end of each share file of the embedded grid, all but `spared`.
  void damage(std::size_t spared) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(data() / "truckee" / "grid"))
      if (entry.is_regular_file() && entry.path().string().find("/shares/") != std::string::npos) {
        if (spared > 0) {
          --spared;
          continue;
        }
        std::fstream share(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
        share.seekp(468 + 107 + 20); // in the public key
        share << "damage";
      }
  }
};

} // namespace

TEST_F(failures, bad_capability_is_exit_code_6_and_is_not_repeated) {
  for (const auto* text :
       {"", "nonsense", "URI:SSK:abc:def", "URI:CHK:aaaa:bbbb:3:10:1", "two\nlines",
        "URI:SSK:n5q7hxfs245qzltn55fktnlh6q:rhrybvvquasb4ur5ajqnjkkzgllcu676x3vajfxk44gt4algtrgb"})
    for (const auto* command : {"get", "check", "cap"}) {
      const auto done = expect(6, "", {command, "--cap-file", "-"}, text);
      EXPECT_TRUE(*text == '\0' || done.err.find(text) == std::string::npos) << done.err;
    }
}

TEST_F(failures, weaker_capability_than_needed_is_exit_code_6_and_says_what_is_needed) {
  expect(6, "write capability", {"put", file("new", "x"), "--cap-file", "-"}, cap_text("--read-only"));
  expect(6, "write capability", {"put", file("new", "x"), "--cap-file", "-"}, cap_text("--verify"));
  expect(6, "read or write", {"get", "--cap-file", "-"}, cap_text("--verify"));
  expect(6, "", {"cap", "--cap-file", "-", "--read-only"}, cap_text("--verify"));
}

TEST_F(failures, missing_files_are_named) {
  expect(1, "absent.pdf", {"put", "absent.pdf"});
  expect(2, "absent.cap", {"get", "--cap-file", "absent.cap"});
  expect(2, "absent.toml", {"--grid", "absent.toml", "put", "-"}, "content");
  expect(2, "folder", {"put", place().path().string()});
  const auto cap = put_new("content");
  expect(1, "no/such/folder", {"get", "--cap-file", cap, "-o", "no/such/folder/file"});
}

TEST_F(failures, a_data_folder_that_cannot_be_made_is_named) {
  std::ofstream(data()) << "not a folder";
  expect(1, data().string() + "/truckee/private: cannot be made", {"put", "-"}, "content");
}

TEST_F(failures, bad_usage_is_exit_code_2) {
  expect(2, "bogus", {"bogus"});
  expect(2, "COMMAND", {});
  expect(2, "--cap-file", {"get"});
  expect(2, "--bogus", {"put", "-", "--bogus"});
  expect(2, "-k 5 -n 3", {"put", "-", "-k", "5", "-n", "3"}, "x");
  expect(2, "255", {"put", "-", "-n", "300"}, "x");
  expect(2, "--happy 11", {"put", "-", "--happy", "11"}, "x");
  expect(2, "--timeout", {"put", "-", "--timeout", "-1"}, "x");
  expect(2, "-o", {"--json", "get", "--cap-file", file("c", "x")});
  expect(2, "nowhere", {"put", "-", "--metrics-listen", "nowhere"}, "x");
}

TEST_F(failures, capabilities_are_not_taken_from_the_command_line) {
  const auto cap = put_new("content");
  auto text = content("cap-1");
  text.pop_back();
  for (const auto* command : {"get", "check", "cap", "put"}) {
    const auto done = truckee({command, "--cap-file", text});
    EXPECT_NE(done.code, 0) << command;
    EXPECT_EQ(done.out, "") << command;
  }
  EXPECT_EQ(truckee({"get", text}).code, 2);
}

TEST_F(failures, capability_given_as_file_name_is_not_repeated_on_standard_error) {
  put_new("content");
  auto text = content("cap-1");
  text.pop_back();
  for (const auto* command : {"get", "check", "cap", "put"})
    EXPECT_EQ(truckee({command, "--cap-file", text}).err.find(text), std::string::npos) << command;
  for (const arguments& words :
       {arguments{"get", text}, arguments{"put", text}, arguments{text},
        arguments{"get", "--cap-file", "x", "-o", "y", text}, arguments{"--grid", text, "put", "-"}}) {
    const auto done = truckee(words, "x");
    EXPECT_NE(done.code, 0) << words.front();
    EXPECT_EQ((done.err + done.out).find(text.substr(8, 26)), std::string::npos)
        << words.front() << ": " << done.err;
  }
}

TEST_F(failures, bad_grid_file_is_named_with_its_line) {
  expect(2, "bad.toml:3", {"--grid", file("bad.toml", "[[server]]\nname = \"a\"\ncaf = 7\n"), "put", "-"},
         "x");
  expect(2, "bad.toml:2", {"--grid", file("bad.toml", "[encoding]\nneeded = 300\n"), "put", "-"}, "x");
  expect(2, "bad.toml:1", {"--grid", file("bad.toml", "[[server\n"), "put", "-"}, "x");
  expect(2, "bad.toml", {"--grid", file("bad.toml", ""), "put", "-"}, "x");
}

TEST_F(failures, too_few_shares_is_exit_code_4) {
  const auto cap = put_new("content");
  std::size_t left = 2;
  for (int i = 0; i < 10; ++i) {
    const auto shares = data() / "truckee" / "grid" / std::to_string(i) / "shares";
    if (left > 0)
      --left;
    else
      std::filesystem::remove_all(shares);
  }
  expect(4, "there are 2 shares and 3 are needed", {"get", "--cap-file", cap});
  const auto checked = truckee({"check", "--cap-file", cap});
  EXPECT_EQ(checked.code, 4) << checked.out << checked.err;
  EXPECT_EQ(truckee({"put", file("new", "new"), "--cap-file", cap}).code, 0) << "but it can be written again";
  EXPECT_EQ(get(cap), "new");
}

TEST_F(failures, file_nobody_has_is_exit_code_4) {
  const auto cap = put_new("content");
  std::filesystem::remove_all(data());
  expect(4, "no ", {"get", "--cap-file", cap});
  EXPECT_EQ(truckee({"check", "--cap-file", cap}).code, 4);
  expect(4, "signing key", {"put", file("new", "new"), "--cap-file", cap});
}

TEST_F(failures, damaged_private_keys_leave_a_file_that_can_be_read) {
  const auto cap = put_new("content");
  // The encrypted private key is what stands last in a share; behind it are the container's extra leases alone.
  for (const auto& entry : std::filesystem::recursive_directory_iterator(data() / "truckee" / "grid"))
    if (entry.is_regular_file() && entry.path().string().find("/shares/") != std::string::npos) {
      std::fstream share(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
      share.seekp(-200, std::ios::end);
      share << "damage";
    }
  EXPECT_EQ(get(cap), "content");
  const auto done = truckee({"verify", "--cap-file", cap});
  EXPECT_EQ(done.code, 1) << done.out << done.err;
  EXPECT_NE(done.out.find("version 1 with 10 of 10 shares"), std::string::npos) << done.out;
  EXPECT_NE(done.out.find("the file can be read, and never be written again"), std::string::npos) << done.out;
}

TEST_F(failures, damaged_shares_are_named_and_replaced_by_others) {
  const auto cap = put_new("content");
  damage(3);
  const auto done = truckee({"get", "--cap-file", cap});
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_EQ(done.out, "content");
  const auto checked = truckee({"check", "--cap-file", cap});
  EXPECT_EQ(checked.code, 1);
  EXPECT_NE(checked.out.find("damaged"), std::string::npos) << checked.out;
  EXPECT_EQ(truckee({"put", file("next", "next"), "--cap-file", cap}).code, 0);
  EXPECT_EQ(truckee({"check", "--cap-file", cap}).code, 0) << "the next version replaced the damaged shares";
}

TEST_F(failures, only_damaged_shares_is_exit_code_7_or_4_and_names_them) {
  const auto cap = put_new("content");
  damage(0);
  const auto done = truckee({"get", "--cap-file", cap});
  EXPECT_TRUE(done.code == 7 || done.code == 4) << done.code;
  EXPECT_EQ(done.out, "");
  EXPECT_NE(done.err.find("does not verify"), std::string::npos) << done.err;
}

TEST_F(failures, json_of_a_failure_parses_and_says_ok_false) {
  const auto cap = put_new("content");
  std::filesystem::remove_all(data());
  for (const arguments& words : {arguments{"--json", "get", "--cap-file", cap, "-o", "out"},
                                 arguments{"--json", "check", "--cap-file", cap},
                                 arguments{"--json", "put", file("new", "new"), "--cap-file", cap}}) {
    const auto done = truckee(words);
    EXPECT_EQ(done.code, 4) << words[1];
    const auto reply = nlohmann::json::parse(done.out, nullptr, false);
    ASSERT_FALSE(reply.is_discarded()) << words[1] << ": " << done.out;
    if (words[1] == "check") {
      EXPECT_EQ(reply["recoverable"], false);
      continue;
    }
    EXPECT_EQ(reply["ok"], false) << words[1];
    EXPECT_EQ(reply["error"]["kind"], "not_enough_shares") << reply;
  }
}

TEST_F(failures, json_of_success_parses_and_keeps_the_capability_to_where_it_is_the_result) {
  const auto made = json({"put", "-"}, "content");
  EXPECT_TRUE(made["write_cap"].get<std::string>().starts_with("URI:SSK:"));
  const auto cap = file("cap", made["write_cap"].get<std::string>());
  EXPECT_EQ(json({"get", "--cap-file", cap, "-o", path("out")})["content_bytes"], 7);
  EXPECT_EQ(json({"check", "--cap-file", cap})["healthy"], true);
  EXPECT_EQ(json({"cap", "--cap-file", cap})["strength"], "write");
  EXPECT_EQ(json({"put", file("n", "next"), "--cap-file", cap}).dump().find("URI:"), std::string::npos);
  EXPECT_EQ(json({"certs", path("certs"), "a", "b"})["nodes"].size(), 2U);
}

TEST_F(failures, full_disk_of_one_reader_is_an_error_not_a_short_file) {
  const auto cap = put_new(noise(100'000));
  expect(1, "/dev/full", {"get", "--cap-file", cap, "-o", "/dev/full"});
}

TEST_F(failures, timeout_is_exit_code_5) {
  // Far too short for ten servers to start; the put ends by its own time, not by theirs.
  const auto done = truckee({"put", "-", "--timeout", "0.001"}, noise(5'000'000));
  EXPECT_EQ(done.code, 5) << done.err;
}

TEST_F(failures, a_newer_version_that_cannot_be_read_is_told_with_the_older_one) {
  // Five servers: a read asks six at first, so it sees them all.
  std::string text = "[encoding]\nneeded = 3\ntotal = 5\nhappy = 5\n";
  for (const auto* name : {"a", "b", "c", "d", "e"})
    text += std::string("[[server]]\nname = \"") + name + "\"\ndirectory = \"" + name + "\"\n";
  const auto grid = file("grid.toml", text);
  const auto with = [&](arguments words) {
    words.insert(words.begin(), {"--grid", grid});
    return words;
  };
  const auto cap = put_new("first", {"--grid", grid});
  constexpr auto all_below = std::filesystem::copy_options::recursive;
  const std::array<std::string, 3> back{"a", "b", "c"}; // n - k + 1
  for (const auto& name : back)
    std::filesystem::copy(path(name + "/shares"), path("kept-" + name), all_below);
  EXPECT_EQ(truckee(with({"put", file("next", "second"), "--cap-file", cap})).code, 0);
  EXPECT_EQ(truckee(with({"get", "--cap-file", cap})).err.find("newer version"), std::string::npos);
  for (const auto& name : back) {
    std::filesystem::remove_all(path(name + "/shares"));
    std::filesystem::copy(path("kept-" + name), path(name + "/shares"), all_below);
  }
  const auto done = truckee(with({"get", "--cap-file", cap}));
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_EQ(done.out, "first");
  EXPECT_NE(done.err.find("a newer version is signed and cannot be read (seq 2"), std::string::npos)
      << done.err;
  const auto checked = truckee(with({"check", "--cap-file", cap}));
  EXPECT_NE(checked.out.find("version 1 with 3 of 5 shares on 3 servers"), std::string::npos) << checked.out;
  EXPECT_NE(
      json(with({"get", "--cap-file", cap, "-o", path("copy")}))["newer_unreadable"].get<std::string>().find(
          "seq 2"),
      std::string::npos);
}
