package tenants_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/tenants"
)

func TestMemo_BuildsOncePerSnapshotAndKeyEvenWhenItFails(t *testing.T) {
	t.Parallel()

	type a struct{}
	type b struct{}
	tenant, other := &tenants.Tenant{}, &tenants.Tenant{}
	var built atomic.Int32
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			v, err := tenants.Memo(tenant, a{}, func() (int32, error) { return built.Add(1), nil })
			if v != 1 || err != nil {
				t.Errorf("%d %v", v, err)
			}
		})
	}
	all.Wait()
	v, err := tenants.Memo(other, a{}, func() (int32, error) { return built.Add(1), nil })
	require.NoError(t, err)
	require.EqualValues(t, 2, v)

	broken, failures := errors.New("broken"), 0
	for range 3 {
		_, err := tenants.Memo(tenant, b{}, func() (string, error) { failures++; return "", broken })
		require.ErrorIs(t, err, broken)
	}
	require.Equal(t, 1, failures)
}

func TestKey_AlwaysHasTheTenantAndIsNeverAmbiguous(t *testing.T) {
	t.Parallel()

	id, other := uuid.New(), uuid.New()
	require.Equal(t, id.String()+"/limit/a@b.example/10.0.0.1", tenants.Key(id, "limit", "a@b.example", "10.0.0.1"))
	seen := map[string]bool{}
	for _, key := range []string{
		tenants.Key(id, "k"), tenants.Key(id, "k", ""), tenants.Key(id, "k", "", ""), tenants.Key(id, "k", "a", "b"), tenants.Key(id, "k", "a/b"),
		tenants.Key(id, "k/a", "b"), tenants.Key(id, "k", "a%2Fb"), tenants.Key(id, "k", "a b"), tenants.Key(id, "k", "a\nb"), tenants.Key(id, "k", "a%b"),
		tenants.Key(other, "k"),
	} {
		require.False(t, seen[key], key)
		require.NotContains(t, key, "\n")
		seen[key] = true
	}
}
