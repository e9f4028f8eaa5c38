#include "program/support/program.hpp"

#include "test_support.hpp"

#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

using namespace truckee::test;

namespace {

std::string segments_of_text(std::size_t size) {
  std::string out(size, 'x');
  for (std::size_t i = 0; i < size; ++i)
    out[i] = static_cast<char>('a' + (i * 7 + i / 26) % 26);
  return out;
}

} // namespace

/// MDMF files at the command line.
class mdmf_sessions : public program_test {};

TEST_F(mdmf_sessions, a_part_is_written_to_its_place_and_the_end_is_cut_off) {
  for (const char* format : {"mdmf", "sdmf"}) {
    auto content = segments_of_text(300'000);
    const auto cap = file("cap", truckee({"put", file("content", content), "--format", format}).out);
    const auto part = truckee({"put", file("part", "PART"), "--cap-file", cap, "--offset", "131070"});
    ASSERT_EQ(part.code, 0) << part.err;
    content.replace(131'070, 4, "PART");
    EXPECT_EQ(get(cap), content);
    const auto cut =
        truckee({"put", file("nothing", ""), "--cap-file", cap, "--offset", "131073", "--truncate"});
    ASSERT_EQ(cut.code, 0) << cut.err;
    EXPECT_EQ(get(cap), content.substr(0, 131'073));
    ASSERT_EQ(truckee({"put", file("end", "end"), "--cap-file", cap, "--offset", "131075"}).code, 0);
    EXPECT_EQ(get(cap), content.substr(0, 131'073) + std::string(2, '\0') + "end");
  }
  EXPECT_EQ(truckee({"put", file("part", "PART"), "--offset", "1"}).code, 2);
  EXPECT_EQ(truckee({"put", file("part", "PART"), "--truncate"}).code, 2);
}

TEST_F(mdmf_sessions, the_log_says_where_a_part_was_not_written_alone) {
  const auto cap =
      file("cap", truckee({"put", file("content", segments_of_text(300'000)), "--format", "mdmf"}).out);
  const auto part = file("part", "PART");
  const auto log_of = [&](const char* name) {
    EXPECT_EQ(truckee({"--log-file", path(name), "--log-level", "info", "put", part, "--cap-file", cap,
                       "--offset", "200000"})
                  .code,
              0);
    return content(name);
  };
  EXPECT_EQ(log_of("alone").find("whole_file_published"), std::string::npos);
  std::filesystem::remove_all(data() / "truckee" / "grid" / "3" / "shares");
  file("part", "part");
  const auto missing = log_of("missing");
  EXPECT_NE(missing.find("event=whole_file_published"), std::string::npos) << missing;
  EXPECT_NE(missing.find("reason=places"), std::string::npos) << missing;
  file("part", "once more");
  EXPECT_EQ(log_of("mended").find("whole_file_published"), std::string::npos);
}

TEST_F(mdmf_sessions, a_file_is_made_updated_appended_to_checked_and_repaired) {
  const auto content = segments_of_text(300'000);
  const auto made = truckee({"put", file("content", content), "--format", "mdmf"});
  ASSERT_EQ(made.code, 0) << made.err;
  ASSERT_EQ(made.out.substr(0, 9), "URI:MDMF:");
  const auto cap = file("cap", made.out);
  EXPECT_EQ(get(cap), content);
  const auto reader = file("reader", truckee({"cap", "--cap-file", cap, "--read-only"}).out);
  EXPECT_EQ(get(reader), content);

  const auto put = truckee({"--json", "put", file("next", content + "next"), "--cap-file", cap});
  ASSERT_EQ(put.code, 0) << put.err;
  EXPECT_EQ(nlohmann::json::parse(put.out)["version"], 2);
  EXPECT_EQ(nlohmann::json::parse(put.out)["format"], "mdmf");
  ASSERT_EQ(truckee({"append", file("more", "more"), "--cap-file", cap}).code, 0);
  EXPECT_EQ(get(cap), content + "next" + "more");

  const auto checked = truckee({"--json", "verify", "--cap-file", cap});
  ASSERT_EQ(checked.code, 0) << checked.err;
  EXPECT_EQ(nlohmann::json::parse(checked.out)["format"], "mdmf");
  std::filesystem::remove_all(data() / "truckee" / "grid" / "3" / "shares");
  EXPECT_EQ(truckee({"verify", "--cap-file", cap}).code, 1);
  const auto mended = truckee({"--json", "repair", "--cap-file", cap});
  ASSERT_EQ(mended.code, 0) << mended.err;
  EXPECT_EQ(nlohmann::json::parse(mended.out)["done"], "refilled") << mended.out;
  EXPECT_EQ(truckee({"verify", "--cap-file", cap}).code, 0);
  EXPECT_EQ(get(cap), content + "next" + "more");
}

TEST_F(mdmf_sessions, a_file_keeps_its_format_and_a_new_one_may_be_given_a_key_of_either) {
  const auto made = truckee({"put", file("content", "many segments"), "--format", "mdmf"});
  ASSERT_EQ(made.code, 0) << made.err;
  const auto cap = file("cap", made.out);
  const auto refused = truckee({"put", path("content"), "--cap-file", cap, "--format", "sdmf"});
  EXPECT_EQ(refused.code, 2);
  EXPECT_NE(refused.err.find("a file keeps its format"), std::string::npos) << refused.err;
  EXPECT_EQ(truckee({"put", path("content"), "--cap-file", cap, "--format", "mdmf"}).code, 0);

  const auto all = read_json("known-caps.json");
  for (const auto& known : all["vectors"])
    if (known["format"] == "mdmf") {
      const auto key = file("key.pem", known["private_key_pem"].get<std::string>());
      std::filesystem::permissions(key, std::filesystem::perms::owner_read);
      const auto with_key = truckee({"put", path("content"), "--private-key-file", key, "--format", "mdmf"});
      ASSERT_EQ(with_key.code, 0) << with_key.err;
      EXPECT_EQ(with_key.out, known["write_cap"].get<std::string>() + "\n");
      EXPECT_EQ(get(file("cap2", with_key.out)), "many segments");
      return;
    }
  FAIL() << "the vectors have no MDMF key";
}

TEST_F(mdmf_sessions, a_part_of_the_content_is_given_in_either_format) {
  const auto content = segments_of_text(300'000);
  for (const std::string format : {"mdmf", "sdmf"}) {
    const auto made = truckee({"put", file("content", content), "--format", format});
    ASSERT_EQ(made.code, 0) << made.err;
    const auto cap = file("cap", made.out);
    const auto part = [&](const std::string& range) {
      return truckee({"get", "--cap-file", cap, "--range", range});
    };
    EXPECT_EQ(part("0-0").out, content.substr(0, 1));
    EXPECT_EQ(part("131071-131072").out, content.substr(131'071, 2)) << "over the edge of a segment";
    EXPECT_EQ(part("299999-").out, content.substr(299'999));
    EXPECT_EQ(part("0-").out, content);
    EXPECT_EQ(part("299990-400000").out, content.substr(299'990)) << "cut where it ends";
    const auto beyond = part("300000-");
    EXPECT_EQ(beyond.code, 2);
    EXPECT_NE(beyond.err.find("the file has 300000 bytes"), std::string::npos) << beyond.err;
    const auto into =
        truckee({"--json", "get", "--cap-file", cap, "--range", "100-299", "-o", path("piece")});
    ASSERT_EQ(into.code, 0) << into.err;
    const auto told = nlohmann::json::parse(into.out);
    EXPECT_EQ(told["content_bytes"], 200);
    EXPECT_EQ(told["file_bytes"], 300'000);
    EXPECT_EQ(truckee::as_text(read_file(path("piece"))), content.substr(100, 200));
  }
}

TEST_F(mdmf_sessions, a_range_that_is_none_is_named_before_anything_is_read) {
  for (const std::string range : {"5", "-5", "a-b", "1-x", "5-4", "1-2,4-5", "99999999999999999999-"}) {
    const auto refused = truckee({"get", "--cap-file", path("nowhere"), "--range=" + range});
    EXPECT_EQ(refused.code, 2) << range;
    EXPECT_NE(refused.err.find("--range " + range), std::string::npos) << refused.err;
  }
}

TEST_F(mdmf_sessions, a_large_file_is_given_in_parts_as_if_it_were_one) {
  const auto content = noise(20'000'001);
  const auto cap = file("cap", truckee({"put", file("content", content), "--format", "mdmf"}).out);
  EXPECT_TRUE(get(cap) == content);
  const auto into = truckee({"--json", "get", "--cap-file", cap, "-o", path("copy")});
  ASSERT_EQ(into.code, 0) << into.err;
  EXPECT_TRUE(truckee::as_text(read_file(path("copy"))) == content);
  const auto told = nlohmann::json::parse(into.out);
  EXPECT_EQ(told["content_bytes"], content.size());
  EXPECT_EQ(told["file_bytes"], content.size());
  int ends = 0;
  for (const auto& line : lines_of(into.err))
    if (const auto progress = nlohmann::json::parse(line); progress.contains("outcome")) {
      ++ends;
      EXPECT_EQ(progress["outcome"], "ok");
      EXPECT_EQ(progress["bytes"], content.size());
    }
  EXPECT_EQ(ends, 1) << into.err;
  const auto range = truckee({"get", "--cap-file", cap, "--range", "1000-17999999"});
  EXPECT_TRUE(range.out == content.substr(1000, 17'999'000));
  const auto last = truckee({"get", "--cap-file", cap, "--range", "19999999-"});
  EXPECT_EQ(last.out, content.substr(19'999'999));
}

TEST_F(mdmf_sessions, a_file_that_changes_while_it_goes_into_a_pipe_is_told_with_what_is_out) {
  auto& gateway = start({"gateway", "--listen", "127.0.0.1:0"});
  auto where = gateway.wait_for("listening on ");
  where = where.substr(0, where.find(' '));
  const auto content = noise(40'000'000);
  const auto cap =
      file("cap", truckee({"--gateway", where, "put", file("content", content), "--format", "mdmf"}).out);
  ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
  auto& reader = start({"--gateway", where, "get", "--cap-file", cap, "-o", path("pipe")});
  const int pipe = ::open(path("pipe").c_str(), O_RDONLY | O_CLOEXEC);
  ASSERT_GE(pipe, 0);
  std::string got(65'536, '\0');
  std::string all;
  const auto take = [&] {
    const auto n = ::read(pipe, got.data(), got.size());
    if (n > 0)
      all.append(got, 0, static_cast<std::size_t>(n));
    return n > 0;
  };
  ASSERT_TRUE(take());
  ASSERT_EQ(truckee({"--gateway", where, "put", file("next", "another"), "--cap-file", cap}).code, 0);
  while (take()) {
  }
  ::close(pipe);
  const auto ended = reader.wait();
  EXPECT_EQ(ended.code, 3) << ended.err;
  EXPECT_NE(ended.err.find("the file changed while it was read"), std::string::npos) << ended.err;
  EXPECT_NE(ended.err.find(std::to_string(all.size()) + " bytes of version 1 are out"), std::string::npos)
      << ended.err;
  EXPECT_GE(all.size(), 8U << 20U);
  EXPECT_TRUE(all == content.substr(0, all.size()));
  EXPECT_EQ(get(cap, {"--gateway", where}), "another");
}

TEST_F(mdmf_sessions, a_write_says_whether_a_part_was_sent_and_why_not) {
  const auto cap =
      file("cap", truckee({"put", file("content", segments_of_text(300'000)), "--format", "mdmf"}).out);
  const auto told = [&](const std::string& what) {
    return json({"put", file("part", what), "--cap-file", cap, "--offset", "100"});
  };
  const auto part = told("PART");
  EXPECT_EQ(part["partial"], true) << part;
  EXPECT_EQ(part["whole_because"], "");
  EXPECT_EQ(json({"append", file("more", "more"), "--cap-file", cap})["partial"], true);
  std::filesystem::remove_all(data() / "truckee" / "grid" / "3" / "shares");
  const auto whole = told("part");
  EXPECT_EQ(whole["partial"], false) << whole;
  EXPECT_EQ(whole["whole_because"], "places");
  const auto all = json({"put", file("all", "all of it"), "--cap-file", cap});
  EXPECT_EQ(all["partial"], false);
  EXPECT_EQ(all["whole_because"], "");
}
