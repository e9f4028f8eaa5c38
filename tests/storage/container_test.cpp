#include "truckee/storage/container.hpp"

#include "test_support.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

using namespace truckee;
using namespace truckee::storage;

namespace {

class bytes_file final : public readable_file {
public:
  explicit bytes_file(bytes content) : content_(std::move(content)) {}
  std::uint64_t size() const override { return content_.size(); }
  io_result<void> read_at(std::uint64_t offset, mutable_byte_view out) const override {
    EXPECT_LE(offset + out.size(), content_.size()) << "a read outside the file";
    if (offset + out.size() > content_.size())
      return io_fail(5, "read", "bytes");
    std::copy_n(content_.begin() + static_cast<std::ptrdiff_t>(offset), out.size(), out.begin());
    return {};
  }

private:
  bytes content_;
};

bytes rendered(const container_edit& edit, const bytes& before) {
  const bytes_file old_file(before);
  bytes out;
  const auto done = write_image(edit.finish(), &old_file, [&out](byte_view piece) -> io_result<void> {
    out.insert(out.end(), piece.begin(), piece.end());
    return {};
  });
  EXPECT_TRUE(done.has_value());
  return out;
}

server_secret secret_of(const nlohmann::json& text) {
  return *server_secret::from(test::hex(text));
}

/// Carries one recorded operation out on `edit`.
void replay(container_edit& edit, const nlohmann::json& op) {
  const std::string kind = op.at("op");
  if (kind == "writev") {
    for (const auto& write : op.at("datav"))
      edit.write(write.at(0), shared_bytes(test::hex(write.at(1))));
    if (!op.at("new_length").is_null())
      edit.truncate(op.at("new_length"));
  } else if (kind == "cancel") {
    EXPECT_TRUE(edit.cancel_lease(secret_of(op.at("cancel_secret"))));
  } else {
    const auto& lease = op.at("lease");
    const auto node = *server_id::from(test::hex(lease.at("nodeid")));
    const auto add =
        kind.starts_with("add_or_renew") ? &container_edit::renew_or_add_lease : &container_edit::add_lease;
    (edit.*add)(secret_of(lease.at("renew_secret")), secret_of(lease.at("cancel_secret")),
                lease.at("expiration"), node);
  }
}

/// What the file is once the patch was written over it; nothing where a new file is needed.
std::optional<bytes> patched(const container_edit& edit, const bytes& before) {
  const auto patch = edit.in_place();
  if (!patch)
    return std::nullopt;
  EXPECT_EQ(patch->offset / sector_size, (patch->offset + patch->data.size() - 1) / sector_size);
  EXPECT_LE(patch->offset + patch->data.size(), before.size());
  auto out = before;
  std::copy(patch->data.view().begin(), patch->data.view().end(),
            out.begin() + static_cast<std::ptrdiff_t>(patch->offset));
  return out;
}

bytes small_container() {
  return test::read_file(test::vector_path("container/v2-step07.bin"));
}

std::string refusal(bytes content) {
  const auto found = read_container(bytes_file(std::move(content)));
  return found ? "none" : found.error().detail;
}

} // namespace

TEST(container, every_recorded_operation_gives_the_recorded_bytes_in_both_versions) {
  const auto vectors = test::read_json("container.json");
  for (const auto& version : vectors.at("versions")) {
    const auto kind = version.at("version") == 1 ? container_version::v1 : container_version::v2;
    bytes before;
    for (const auto& step : version.at("steps")) {
      SCOPED_TRACE(step.at("file").get<std::string>());
      std::optional<container_edit> edit;
      if (step.at("op").at("op") == "create") {
        edit.emplace(kind, *server_id::from(test::hex(version.at("nodeid"))),
                     secret_of(version.at("write_enabler")));
      } else {
        auto parsed = read_container(bytes_file(before));
        ASSERT_TRUE(parsed) << parsed.error().detail;
        edit.emplace(*parsed, before.size());
        replay(*edit, step.at("op"));
      }
      const auto expected = test::read_file(test::vector_path(step.at("file")));
      const auto after = rendered(*edit, before);
      ASSERT_EQ(to_hex(after), to_hex(expected));
      EXPECT_EQ(edit->changed(), after != before) << "changed() must say whether a write is needed";
      EXPECT_EQ(patched(*edit, before).value_or(after), after);
      const bytes_file file(after);
      const auto head = read_container_head(file);
      ASSERT_TRUE(head);
      EXPECT_EQ(head->data_length, step.at("data_length").get<std::uint64_t>());
      EXPECT_EQ(to_hex(read_data(*head, file, 0, ~std::uint64_t{0})->view()),
                step.at("data").get<std::string>());
      before = after;
    }
    const bytes_file file(before);
    const auto head = read_container_head(file);
    for (std::size_t i = 0; i < version.at("reads").at("vector").size(); ++i) {
      const auto& read = version.at("reads").at("vector").at(i);
      EXPECT_EQ(to_hex(read_data(*head, file, read.at(0), read.at(1))->view()),
                version.at("reads").at("out").at(i).get<std::string>());
    }
  }
}

TEST(container, a_lease_in_a_place_that_is_there_is_written_in_place_unless_it_lies_in_two_sectors) {
  const server_id node = *server_id::from(bytes(server_id::size, std::byte{1}));
  const auto secret = [](int i) {
    return *server_secret::from(bytes(server_secret::size, static_cast<std::byte>(i)));
  };
  int in_place = 0;
  int anew = 0;
  for (std::size_t length = 0; length <= sector_size; length += 3) {
    container_edit made(container_version::v2, node, secret(0));
    made.write(0, shared_bytes::copy_of(std::string(length, 'x')));
    for (int lease = 1; lease <= 9; ++lease)
      made.add_lease(secret(lease), secret(100 + lease), 1'000, node);
    ASSERT_TRUE(made.cancel_lease(secret(101)) && made.cancel_lease(secret(107)));
    EXPECT_FALSE(made.in_place());
    const auto before = rendered(made, {});
    const auto changed = [&](const auto& change) {
      container_edit edit(*read_container(bytes_file(before)), before.size());
      change(edit);
      const auto in_its_place = patched(edit, before);
      if (edit.changed())
        ++(in_its_place ? in_place : anew);
      EXPECT_EQ(in_its_place.value_or(rendered(edit, before)), rendered(edit, before)) << length;
      return in_its_place.has_value();
    };
    const auto renew = [&](int lease, std::uint32_t expires) {
      return changed(
          [&](container_edit& edit) { edit.renew_or_add_lease(secret(lease), secret(1), expires, node); });
    };
    EXPECT_TRUE(renew(2, 2'000)) << "in the head, which is one sector";
    for (const int lease : {5, 6, 8, 9})
      renew(lease, 2'000);
    EXPECT_TRUE(renew(50, 2'000)) << "a free place of the head";
    EXPECT_FALSE(renew(2, 1'000)) << "nothing changed";
    EXPECT_FALSE(changed([&](container_edit& edit) {
      edit.renew_or_add_lease(secret(2), secret(2), 2'000, node);
      edit.renew_or_add_lease(secret(3), secret(3), 2'000, node);
    })) << "two";
    EXPECT_FALSE(changed([&](container_edit& edit) {
      edit.renew_or_add_lease(secret(2), secret(2), 2'000, node);
      edit.write(0, shared_bytes::copy_of("y"));
    }));
    EXPECT_FALSE(changed([&](container_edit& edit) { // one place of the head, one behind the data, then none
      edit.add_lease(secret(60), secret(60), 2'000, node);
      edit.add_lease(secret(61), secret(61), 2'000, node);
      edit.add_lease(secret(62), secret(62), 2'000, node);
    }));
  }
  EXPECT_GT(in_place, 6 * anew / 5) << "most of them";
  EXPECT_GT(anew, 0);
}

TEST(container, version_2_keeps_the_blake2b_hash_of_each_lease_secret_and_version_1_the_secret) {
  const auto vectors = test::read_json("container.json");
  for (const auto& pair : vectors.at("blake2b_secret")) {
    for (const auto kind : {container_version::v1, container_version::v2}) {
      container_edit edit(kind, {}, {});
      edit.add_lease(secret_of(pair.at("secret")), secret_of(pair.at("secret")), 5, {});
      const auto leases = leases_of(edit.now());
      ASSERT_EQ(leases.size(), 1U);
      EXPECT_EQ(leases[0].hashed, kind == container_version::v2);
      const auto* form = kind == container_version::v2 ? "stored" : "secret";
      EXPECT_TRUE(leases[0].renew_secret == secret_of(pair.at(form)));
      EXPECT_TRUE(leases[0].cancel_secret == secret_of(pair.at(form)));
    }
  }
}

TEST(container, containers_of_real_files_hold_the_recorded_share_and_lease) {
  const auto vectors = test::read_json("sdmf.json");
  int seen = 0;
  for (const auto& vector : vectors.at("vectors")) {
    for (const auto& step : vector.at("steps")) {
      for (const auto& share : step.at("shares")) {
        if (!share.contains("container_file") || !test::have_vector(share.at("container_file")))
          continue;
        SCOPED_TRACE(share.at("container_file").get<std::string>());
        const bytes_file file(test::read_file(test::vector_path(share.at("container_file"))));
        const auto found = read_container(file);
        ASSERT_TRUE(found) << found.error().detail;
        EXPECT_EQ(found->version, container_version::v2);
        EXPECT_TRUE(found->write_enabler == secret_of(share.at("write_enabler")));
        EXPECT_EQ(found->data_length, share.at("len").get<std::uint64_t>());
        ASSERT_EQ(leases_of(*found).size(), 1U);
        EXPECT_EQ(leases_of(*found)[0].expires, vector.at("now").get<std::uint64_t>() + lease_seconds);
        if (test::have_vector(share.at("file"))) {
          EXPECT_TRUE(equal(read_data(*found, file, 0, ~std::uint64_t{0})->view(),
                            test::read_file(test::vector_path(share.at("file")))));
        }
        ++seen;
      }
    }
  }
  EXPECT_GT(seen, 0) << "no container among the vectors";
}

TEST(container, an_error_names_the_field_that_is_wrong) {
  EXPECT_NE(refusal({}).find("head"), std::string::npos);
  EXPECT_NE(refusal(bytes(467)).find("head"), std::string::npos);
  EXPECT_NE(refusal(bytes(1000)).find("magic"), std::string::npos);
  const auto with = [](std::size_t at, std::uint64_t value) {
    auto content = small_container();
    store_be(mutable_byte_view(content).subspan(at, 8), value);
    return refusal(std::move(content));
  };
  EXPECT_EQ(refusal(small_container()), "none");
  EXPECT_NE(with(84, 200).find("data length"), std::string::npos);
  EXPECT_NE(with(84, ~std::uint64_t{0}).find("data length"), std::string::npos);
  EXPECT_NE(with(84, 12).find("extra-lease offset"), std::string::npos) << "leases inside the data";
  EXPECT_NE(with(92, 100).find("extra-lease offset"), std::string::npos) << "leases inside the head";
  EXPECT_NE(with(92, 664).find("extra-lease offset"), std::string::npos) << "beyond the end";
  EXPECT_NE(with(92, ~std::uint64_t{0} - 2).find("extra-lease offset"), std::string::npos) << "overflow";
  auto content = small_container();
  store_be<std::uint32_t>(mutable_byte_view(content).subspan(479, 4), 0xffffffffU);
  EXPECT_NE(refusal(std::move(content)).find("extra-lease count"), std::string::npos);
}

TEST(container, reads_never_pass_the_data_length) {
  for (int step = 0; step < 20; ++step) {
    const auto name =
        std::string("container/v2-step") + (step < 10 ? "0" : "") + std::to_string(step) + ".bin";
    const bytes_file file(test::read_file(test::vector_path(name)));
    const auto head = read_container_head(file);
    ASSERT_TRUE(head);
    for (std::uint64_t offset :
         {std::uint64_t{0}, head->data_length, head->data_length + 1, ~std::uint64_t{0}})
      for (std::uint64_t length :
           {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1000}, ~std::uint64_t{0}}) {
        const auto got = read_data(*head, file, offset, length);
        ASSERT_TRUE(got);
        EXPECT_LE(got->size(), offset > head->data_length ? 0 : head->data_length - offset);
      }
  }
}

RC_GTEST_PROP(container, any_damage_gives_a_container_or_a_named_error_and_no_read_outside, ()) {
  auto content = small_container();
  const auto cut = *rc::gen::inRange<std::size_t>(0, content.size() + 1);
  content.resize(cut);
  const auto hits = *rc::gen::inRange(0, 6);
  for (int i = 0; i < hits && !content.empty(); ++i) {
    const auto at = *rc::gen::inRange<std::size_t>(0, content.size());
    content[at] = static_cast<std::byte>(*rc::gen::inRange(0, 256));
  }
  // The fields that lead elsewhere deserve more than luck.
  if (content.size() >= 100 && *rc::gen::inRange(0, 2) == 1)
    store_be(mutable_byte_view(content).subspan(84 + 8 * *rc::gen::inRange<std::size_t>(0, 2), 8),
             *rc::gen::element<std::uint64_t>(0, 1, 11, 467, 468, 479, 480, 667, 668, ~std::uint64_t{0},
                                              1ULL << 63));
  const bytes_file file(content);
  auto found = read_container(file);
  if (!found) {
    RC_ASSERT(found.error().code == errc::malformed);
    RC_ASSERT(!found.error().detail.empty());
    return;
  }
  RC_ASSERT(found->data_length + container_head_size <= content.size());
  RC_ASSERT(found->places.size() * lease_record_size <= content.size());
  container_edit edit(*found, content.size());
  edit.write(found->data_length + 5, shared_bytes::copy_of("more"));
  RC_ASSERT(read_container(bytes_file(rendered(edit, content))).has_value());
}
