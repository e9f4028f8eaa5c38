#include "interop/tahoe_tree.hpp"
#include "program/support/program.hpp"
#include "program/support/shares_on_disk.hpp"
#include "test_support.hpp"
#include "truckee/crypto/capability.hpp"

using namespace truckee;
using namespace truckee::test;

namespace {

/// What the real Tahoe-LAFS wrote, in the hands of the program.
class tahoe_tree : public program_test {
protected:
  void lay(const std::string& name, std::size_t step,
           storage::container_version version = storage::container_version::v2) {
    recorded_ = recorded_file(name);
    step_ = step;
    lay_out(recorded_, step, version, place().path());
    file("grid.toml", grid_file_for(recorded_));
    cap_ = file("cap", text("rw") + "\n");
  }

  std::string text(const char* key) const { return recorded_.at(key).get<std::string>(); }
  std::string content_recorded() const {
    const auto raw = read_file(vector_path(recorded_.at("steps").at(step_).at("content_file")));
    return std::string(as_text(raw));
  }
  arguments with_grid(arguments words) const {
    words.insert(words.begin(), {"--grid", path("grid.toml")});
    return words;
  }
  std::vector<share_on_disk> shares() const {
    return shares_below(place().path(),
                        crypto::fingerprint_of(crypto::parse_capability(text("rw")).value().file));
  }

  void read_check_update_and_read_again(std::uint64_t version) {
    const auto before = shares();
    EXPECT_EQ(get(cap_, with_grid({})), content_recorded());
    EXPECT_EQ(truckee(with_grid({"get", "--cap-file", "-"}), text("ro")).out, content_recorded());
    for (const auto* cap : {"rw", "ro", "verify"}) {
      const auto checked = truckee(with_grid({"--json", "check", "--cap-file", "-"}), text(cap));
      EXPECT_EQ(checked.code, 0) << cap << ": " << checked.out << checked.err;
      const auto health = nlohmann::json::parse(checked.out);
      EXPECT_EQ(health["healthy"], true) << health;
      EXPECT_EQ(health["versions"][0]["version"], version);
    }
    EXPECT_EQ(truckee(with_grid({"put", file("new", "new"), "--cap-file", "-"}), text("ro")).code, 6);
    const auto next = noise(5000);
    const auto put = json(with_grid({"put", file("next", next), "--cap-file", cap_}));
    EXPECT_EQ(put["version"], version + 1);
    EXPECT_EQ(get(cap_, with_grid({})), next);
    const auto after = shares();
    ASSERT_EQ(after.size(), before.size()) << describe(after);
    for (std::size_t i = 0; i < after.size(); ++i) {
      EXPECT_EQ(after[i].file, before[i].file) << "shares stay where they were";
      EXPECT_EQ(after[i].wrong, "") << after[i].file;
      EXPECT_EQ(after[i].version.value, version + 1) << after[i].file;
    }
  }

  nlohmann::json recorded_;
  std::size_t step_ = 0;
  std::string cap_;
};

} // namespace

TEST_F(tahoe_tree, file_of_1000_bytes_is_read_checked_updated_and_read_again) {
  lay("k3n10s1000", 0);
  read_check_update_and_read_again(1);
}

TEST_F(tahoe_tree, file_signed_with_a_random_salt_is_read_checked_updated_and_read_again) {
  lay("k3n10s1000-realsig", 0);
  read_check_update_and_read_again(1);
}

TEST_F(tahoe_tree, empty_file_is_read_checked_updated_and_read_again) {
  lay("k3n10s0", 0);
  read_check_update_and_read_again(1);
}

TEST_F(tahoe_tree, file_that_shrank_over_five_versions_is_read_checked_updated_and_read_again) {
  lay("k3n10s1000-updates", 4);
  read_check_update_and_read_again(5);
}

TEST_F(tahoe_tree, version_1_containers_are_read_checked_updated_and_read_again) {
  lay("k3n10s1000", 0, storage::container_version::v1);
  read_check_update_and_read_again(1);
  const auto magic =
      content("s3/shares/" + text("storage_index").substr(0, 2) + "/" + text("storage_index") + "/0");
  EXPECT_TRUE(magic.starts_with("Tahoe mutable container v1")) << "a container keeps its version";
}

TEST_F(tahoe_tree, older_shares_left_on_a_server_are_found_and_replaced) {
  lay("k3n10s1000-updates", 4);
  // One server slept through four updates.
  const auto slept = recorded_["steps"][4]["shares"][0]["server"].dump();
  std::filesystem::remove_all(place() / ("s" + slept));
  folder old;
  lay_out(recorded_, 0, storage::container_version::v2, old.path());
  std::filesystem::copy(old / ("s" + slept), place() / ("s" + slept),
                        std::filesystem::copy_options::recursive);
  const auto checked = truckee(with_grid({"--json", "check", "--cap-file", cap_}));
  EXPECT_EQ(checked.code, 1) << checked.err;
  EXPECT_EQ(nlohmann::json::parse(checked.out)["versions"].size(), 2U) << checked.out;
  EXPECT_EQ(get(cap_, with_grid({})), content_recorded());
  EXPECT_EQ(json(with_grid({"put", file("next", "all new"), "--cap-file", cap_}))["version"], 6);
  for (const auto& share : shares())
    EXPECT_EQ(share.version.value, 6U) << share.file;
}
