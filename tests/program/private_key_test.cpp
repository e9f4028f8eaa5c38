#include "program/support/program.hpp"

#include "test_support.hpp"

using namespace truckee::test;

namespace {

/// Files whose private key a person brought.
class private_key_files : public program_test {
protected:
  static nlohmann::json known(const std::string& format) {
    const auto all = read_json("known-caps.json");
    for (const auto& each : all["vectors"])
      if (each["format"] == format)
        return each;
    throw std::runtime_error("no such key");
  }
  std::string key_file(const std::string& name, const std::string& pem) {
    const auto out = file(name, pem);
    std::filesystem::permissions(out, std::filesystem::perms::owner_read);
    return out;
  }
  const nlohmann::json sdmf_ = known("sdmf");
  const std::string pem_ = sdmf_["private_key_pem"];
  const std::string cap_ = sdmf_["write_cap"];
};

} // namespace

TEST_F(private_key_files, a_key_gives_its_capability_and_the_weaker_ones) {
  const auto key = key_file("key.pem", pem_);
  const auto write = truckee({"cap", "--private-key-file", key});
  EXPECT_EQ(write.code, 0) << write.err;
  EXPECT_EQ(write.out, cap_ + "\n");
  EXPECT_EQ(write.err, "");
  EXPECT_EQ(truckee({"cap", "--private-key-file", "-"}, pem_).out, cap_ + "\n");
  const auto of_cap = truckee({"cap", "--cap-file", "-", "--verify"}, cap_);
  EXPECT_EQ(truckee({"cap", "--private-key-file", key, "--verify"}).out, of_cap.out);
  const auto mdmf = known("mdmf");
  const auto other = key_file("mdmf.pem", mdmf["private_key_pem"]);
  EXPECT_EQ(truckee({"cap", "--private-key-file", other, "--format", "mdmf"}).out,
            mdmf["write_cap"].get<std::string>() + "\n");
}

TEST_F(private_key_files, a_new_file_has_the_key_once) {
  const auto key = key_file("key.pem", pem_);
  const auto note = file("note", "Snow on the ridge.");
  const auto made = truckee({"put", note, "--private-key-file", key});
  ASSERT_EQ(made.code, 0) << made.err;
  EXPECT_EQ(made.out, cap_ + "\n");
  const auto cap = file("cap", made.out);
  EXPECT_EQ(get(cap), "Snow on the ridge.");

  const auto again = truckee({"put", file("other", "Ice on the lake."), "--private-key-file", key});
  EXPECT_EQ(again.code, 3) << again.err;
  EXPECT_EQ(again.out, "");
  EXPECT_NE(again.err.find("a file with this private key exists already, and is at seq 1"), std::string::npos)
      << again.err;
  EXPECT_EQ(get(cap), "Snow on the ridge.");

  EXPECT_EQ(truckee({"put", path("other"), "--cap-file", cap}).code, 0);
  EXPECT_EQ(get(cap), "Ice on the lake.");
}

TEST_F(private_key_files, what_is_no_such_key_is_refused_by_what_it_is_and_never_shown) {
  const auto note = file("note", "Snow on the ridge.");
  const auto secret = pem_.substr(100, 24);
  const auto refused = [&](const std::string& name, const std::string& why) {
    for (const auto& words :
         {arguments{"put", note, "--private-key-file", name}, arguments{"cap", "--private-key-file", name}}) {
      const auto done = truckee(words);
      EXPECT_EQ(done.code, 2) << name;
      EXPECT_EQ(done.out, "");
      EXPECT_NE(done.err.find(why), std::string::npos) << done.err;
      EXPECT_EQ(done.err.find(secret), std::string::npos);
    }
  };
  refused(path("none.pem"), "none.pem");
  refused(key_file("text.pem", "Snow on the ridge."), "no PEM private key");
  refused(key_file("cut.pem", pem_.substr(0, 800)), "cut off or damaged");
  refused(key_file("two.pem", pem_ + pem_), "more than one private key");
  refused(key_file("long.pem", std::string(100'000, 'x')), "longer than any private key");
  EXPECT_EQ(truckee({"put", "--private-key-file", "-"}, pem_).code, 2);
  EXPECT_EQ(truckee({"cap"}).code, 2);
  const auto key = key_file("key.pem", pem_);
  EXPECT_EQ(truckee({"put", note, "--private-key-file", key, "--cap-file", key}).code, 2);
  EXPECT_EQ(truckee({"cap", "--format", "mdmf", "--cap-file", key}).code, 2);
}

TEST_F(private_key_files, a_key_that_others_may_read_is_used_with_a_warning_and_not_written_over) {
  const auto key = file("key.pem", pem_);
  std::filesystem::permissions(key, std::filesystem::perms(0644));
  const auto done = truckee({"cap", "--private-key-file", key});
  EXPECT_EQ(done.code, 0);
  EXPECT_NE(done.err.find("holds a private key"), std::string::npos) << done.err;
  EXPECT_EQ(truckee({"--log-file", key, "cap", "--private-key-file", key}).code, 2);
  EXPECT_EQ(content("key.pem"), pem_);
}
