#include "truckee/crypto/keys.hpp"

#include "test_support.hpp"
#include "truckee/crypto/tagged_hash.hpp"
#include "truckee/crypto/tags.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <numeric>

using namespace truckee;
using namespace truckee::crypto;

namespace {

template <class Fixed>
Fixed fixed(const nlohmann::json& text) {
  return *Fixed::from(test::hex(text));
}

template <class Derived>
bytes raw(const Derived& value) {
  return to_bytes(value.view());
}

using derivation = std::function<bytes(const std::vector<bytes>&)>;

/// Functions of the vectors by name; each takes arguments of the length its type has.
const std::map<std::string, std::pair<std::vector<std::size_t>, derivation>>& derivations() {
  static const std::map<std::string, std::pair<std::vector<std::size_t>, derivation>> all{
      {"ssk_writekey_hash", {{}, [](const auto& a) { return raw(derive_write_key(a[0])); }}},
      {"ssk_pubkey_fingerprint_hash", {{}, [](const auto& a) { return raw(derive_fingerprint(a[0])); }}},
      {"ssk_readkey_hash",
       {{16}, [](const auto& a) { return raw(derive_read_key(*write_key::from(a[0]))); }}},
      {"ssk_storage_index_hash",
       {{16}, [](const auto& a) { return raw(derive_storage_index(*read_key::from(a[0]))); }}},
      {"ssk_readkey_data_hash",
       {{16, 16},
        [](const auto& a) {
          return raw(derive_data_key(*version_salt::from(a[0]), *read_key::from(a[1])));
        }}},
      {"ssk_write_enabler_master_hash",
       {{16}, [](const auto& a) { return raw(derive_write_enabler_master(*write_key::from(a[0]))); }}},
      {"ssk_write_enabler_hash",
       {{16, 20},
        [](const auto& a) {
          return raw(derive_write_enabler(*write_key::from(a[0]), *server_id::from(a[1])));
        }}},
      {"permute_server_hash",
       {{}, [](const auto& a) { return raw(derive_permutation_rank(*storage_index::from(a[0]), a[1])); }}},
  };
  return all;
}

/// How the lease-secret functions are built, step by step; derive_lease_secrets is checked as a whole below.
std::optional<bytes> lease_step(const std::string& name, const std::vector<bytes>& args) {
  const std::map<std::string, std::string_view> pairs{
      {"file_renewal_secret_hash", tags::file_renewal},
      {"file_cancel_secret_hash", tags::file_cancel},
      {"bucket_renewal_secret_hash", tags::bucket_renewal},
      {"bucket_cancel_secret_hash", tags::bucket_cancel},
  };
  if (name == "my_renewal_secret_hash")
    return raw(tagged_hash(as_text(args[0]), as_bytes(tags::client_renewal)));
  if (name == "my_cancel_secret_hash")
    return raw(tagged_hash(as_text(args[0]), as_bytes(tags::client_cancel)));
  if (const auto found = pairs.find(name); found != pairs.end())
    return raw(tagged_pair_hash(found->second, args[0], args[1]));
  if (name == "block_hash")
    return raw(tagged_hash(tags::block, args[0]));
  return std::nullopt;
}

bool lengths_fit(const std::vector<std::size_t>& wanted, const std::vector<bytes>& args) {
  for (std::size_t i = 0; i < wanted.size(); ++i)
    if (args[i].size() != wanted[i])
      return false;
  return true;
}

} // namespace

TEST(keys, each_derivation_equals_its_vectors) {
  std::map<std::string, int> checked;
  const auto vectors = test::read_json("hashutil.json")["functions"];
  ASSERT_FALSE(vectors.empty());
  for (const auto& v : vectors) {
    std::vector<bytes> args;
    for (const auto& arg : v["args"])
      args.push_back(test::hex(arg));
    const auto name = v["fn"].get<std::string>();
    std::optional<bytes> got = lease_step(name, args);
    if (const auto ours = derivations().find(name); ours != derivations().end())
      if (lengths_fit(ours->second.first, args))
        got = ours->second.second(args);
    if (!got)
      continue; // immutable files' functions, and lengths our types do not allow
    EXPECT_EQ(to_hex(*got), v["out"].get<std::string>()) << v.dump();
    ++checked[name];
  }
  EXPECT_EQ(checked.size(), derivations().size() + 7) << "some function was never checked";
}

TEST(keys, lease_secrets_follow_the_whole_chain) {
  const auto v = test::read_json("hashutil.json")["lease_chain"];
  const auto got =
      derive_lease_secrets(fixed<lease_secret>(v["lease_secret"]), fixed<storage_index>(v["storage_index"]),
                           fixed<server_id>(v["peerid"]));
  EXPECT_EQ(to_hex(got.renew.view()), v["bucket_renewal"].get<std::string>());
  EXPECT_EQ(to_hex(got.cancel.view()), v["bucket_cancel"].get<std::string>());
}

TEST(keys, servers_stand_in_the_recorded_order) {
  const auto vectors = test::read_json("hashutil.json")["permutations"];
  ASSERT_FALSE(vectors.empty());
  for (const auto& v : vectors) {
    const auto slot = fixed<storage_index>(v["peer_selection_index"]);
    std::vector<std::size_t> order(v["seeds"].size());
    std::iota(order.begin(), order.end(), 0U);
    std::sort(order.begin(), order.end(), [&](auto a, auto b) {
      return derive_permutation_rank(slot, test::hex(v["seeds"][a])) <
             derive_permutation_rank(slot, test::hex(v["seeds"][b]));
    });
    EXPECT_EQ(order, v["order"].get<std::vector<std::size_t>>());
  }
}
